import assert from "node:assert/strict";
import { readConfig } from "../stacks/config.ts";

const connection = { host: "lab" };
const stripe = (...disks: string[]) => ({ vdevs: [{ type: "stripe", disks: disks.map(byId) }] });
const byId = (name: string) => `/dev/disk/by-id/${name}`;
const everybody = { clients: { "*": ["ro"] } };

describe("the stack's configuration", () => {
  const broken: [string, Record<string, unknown>, string[]][] = [
    ["has a connection", { connection: {} }, ["connection.host: Invalid input: expected string, received undefined"]],
    [
      "has no unknown key",
      { storage: { datasests: {} } },
      ['storage: there is no "datasests" (did you mean "datasets"?); known: pools, datasets, arc'],
    ],
    [
      "has no unknown key in an entry",
      { sharing: { exports: { "/tank/media": { ...everybody, onwer: "root" } } } },
      [
        'sharing.exports["/tank/media"]: there is no "onwer" (did you mean "owner"?); known: clients, owner, group, mode',
      ],
    ],
    [
      "has good names",
      { storage: { datasets: { "tank/a@b": {} } } },
      ['storage.datasets["tank/a@b"]: must not hold @: that names a snapshot; found: {}'],
    ],
    [
      "has entries without contradictions",
      { storage: { datasets: { "tank/a": { volsize: "1G" } } } },
      ['storage.datasets["tank/a"].volsize: must be declared for volumes only; found: "1G"'],
    ],
  ];
  for (const [title, config, complaints] of broken)
    it(title, () => {
      assert.throws(() => read(config), {
        message: ["the stack's configuration is not valid:", ...complaints.map((line) => `  ${line}`)].join("\n"),
      });
    });

  it("takes an entry that declares nothing but its name", () => {
    assert.deepEqual(
      read({ storage: { pools: { tank: stripe("a") }, datasets: { "tank/a": null } } }).storage.datasets,
      [{ name: "tank/a", type: "filesystem", properties: {}, allowDestroy: false }],
    );
  });
});

/** As the engine hands it over: text as it is, everything else as JSON. */
function read(config: Readonly<Record<string, unknown>>) {
  const all: Record<string, unknown> = { connection, ...config };
  return readConfig((key) => (typeof all[key] === "object" ? JSON.stringify(all[key]) : (all[key] as string)));
}
