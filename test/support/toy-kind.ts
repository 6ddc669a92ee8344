import { z } from "zod";
import { script, sh, withStdin } from "../../providers/host/command.ts";
import { ConnectionLost } from "../../providers/host/host.ts";
import { defineKind, nothing, type Change } from "../../providers/kind.ts";
import { fakeHost, type FakeHost } from "./fake-host.ts";

export const ToySpec = z.strictObject({
  name: z.string().regex(/^[a-z]+$/, "must be lower-case letters"),
  color: z.enum(["red", "green"]).optional(),
  size: z.number().optional(),
  key: z.string().optional(),
  renamedFrom: z.string().optional(),
});
export type ToySpec = z.infer<typeof ToySpec>;
type Facts = ReadonlyMap<string, ToySpec>;

/** A kind as simple as can be, for tests of the runtime: objects are JSON records in a {@link toyHost}. */
export const toy = defineKind<ToySpec, Facts>({
  type: "toy:Thing",
  holdsData: true,
  spec: ToySpec,
  id: ({ name }) => name,
  renamedFrom: ({ renamedFrom }) => renamedFrom,
  secrets: ({ key }) => (key === undefined ? [] : [key]),
  outputNames: ["weight"],
  outputs: (facts, id) => ({ weight: JSON.stringify(facts.get(id)).length }),
  query: (ids) => script("toy-query", "", ids === undefined ? ["*"] : [...ids]),
  parse: ({ stdout }) => new Map((JSON.parse(stdout) as ToySpec[]).map((thing) => [thing.name, thing])),
  view(facts, { name, renamedFrom, ...declared }, { was }) {
    const found = facts.get(name) ?? facts.get(renamedFrom ?? "");
    if (found === undefined) return undefined;
    const keys = [...Object.keys(declared), ...Object.keys(was ?? {}), "name"];
    return Object.fromEntries(Object.entries(found).filter(([key]) => keys.includes(key))) as ToySpec;
  },
  plan(live, want, context) {
    const props = ["name", "color", "size"] as const;
    const changes = props.flatMap((prop): Change[] =>
      live?.[prop] === want[prop] ? [] : [{ prop, from: live?.[prop], to: want[prop] }],
    );
    if (want.size === 13) return { ...nothing, changes, refusals: ["size 13 brings bad luck; take 12"] };
    if (changes.length === 0) return nothing;
    const put = script("toy-put", "", [live?.name ?? "", JSON.stringify({ ...want, key: undefined })]);
    const command = want.key === undefined ? put : withStdin(put, context.secret(want.key));
    return { changes, refusals: [], commands: [command], settle: sh`toy-reload`, undo: [sh`toy-undo ${want.name}`] };
  },
  destroy: ({ name }) => ({
    ...nothing,
    changes: [{ prop: "name", from: name, to: undefined }],
    commands: [sh`toy-end ${name}`],
  }),
});

export interface ToyHost extends FakeHost {
  readonly things: Map<string, ToySpec>;
  /** Called before each changing command; what it returns is thrown. `after` breaks once the command has worked. */
  trouble: {
    before?: (label: string) => Error | undefined;
    after?: (label: string) => ConnectionLost | undefined;
    /** What a look at the things ends with. */
    look?: Error;
  };
}

export function toyHost(things: readonly ToySpec[] = [], platform = "debian"): ToyHost {
  const store = new Map(things.map((thing) => [thing.name, thing]));
  const trouble: ToyHost["trouble"] = {};
  const host = fakeHost(({ argv, label }, effect) => {
    if (label === "machine") return `0123456789abcdef0123456789abcdef\n${platform}\n`;
    const broken = effect === "change" ? trouble.before?.(label) : undefined;
    if (broken !== undefined) return broken;
    if (effect === "read" && trouble.look !== undefined) return trouble.look;
    act(store, label, argv.slice(4));
    const lost = effect === "change" ? trouble.after?.(label) : undefined;
    return lost ?? JSON.stringify([...store.values()]);
  });
  return Object.assign(host, { things: store, trouble });
}

function act(store: Map<string, ToySpec>, label: string, args: readonly string[]): void {
  const [word, name = ""] = label.split(" ");
  if (word === "toy-put") {
    const thing = JSON.parse(args[1] ?? "") as ToySpec;
    store.delete(args[0] ?? "");
    store.set(thing.name, thing);
  }
  if (word === "toy-end") store.delete(name);
}
