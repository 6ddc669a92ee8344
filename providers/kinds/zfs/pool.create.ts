/** How a pool comes to be: made of disks, or imported. */
import type { Change, Plan } from "../../kind.ts";
import { nativeProperties } from "./dataset.properties.ts";
import { claim } from "./pool.claim.ts";
import { create, setProperties, setRootProperties, zpool } from "./pool.commands.ts";
import { byIdPaths } from "./pool.disks.ts";
import type { DeepPoolFacts } from "./pool.facts.ts";
import { liveVdevs } from "./pool.members.ts";
import { disksOf, type PoolSpec } from "./pool.spec.ts";
import { cannotHave, isLeftOut } from "./pool.properties.ts";
import type { Node, Status } from "./pool.status.ts";
import { growth, inWords, uneven } from "./pool.topology.ts";
import { viewOf } from "./pool.view.ts";

export function creation(want: PoolSpec, facts: DeepPoolFacts | undefined): Plan {
  const change = (note?: string): Change[] => [
    { prop: "name", from: undefined, to: want.name, ...(note === undefined ? {} : { note }) },
  ];
  const [found, ...others] = facts?.deep.importable.filter(({ pool }) => pool === want.name) ?? [];
  if (facts !== undefined && found !== undefined) {
    const refusals = importRefusals(want, facts, found, others);
    return { changes: change("imports the pool that is on the disks"), refusals, commands: importing(want, found) };
  }
  const { refusals, erase } = facts === undefined ? { refusals: [], erase: [] } : claim(disksOf(want), want, facts);
  const early = want.properties?.["bootfs"] === undefined ? [] : ["bootfs can be declared once its dataset is there"];
  const properties = Object.entries(want.properties ?? {});
  const features = facts?.deep.features;
  const never = features === undefined ? [] : properties.flatMap((pair) => cannotHave(...pair, features) ?? []);
  const can = properties.filter((pair) => features === undefined || !isLeftOut(...pair, features));
  return {
    changes: change(),
    refusals: [...uneven(want), ...early, ...never, ...refusals],
    commands: create({ ...want, properties: Object.fromEntries(can) }, erase),
  };
}

/** A pool of that name that is merely not imported is imported, or left alone; never written over. */
function importRefusals(want: PoolSpec, facts: DeepPoolFacts, found: Status, others: readonly Status[]): string[] {
  const by = `zpool import -d /dev/disk/by-id ${found.id}`;
  if (others.length > 0)
    return [
      `${String(others.length + 1)} pools ${want.name} could be imported (${[found, ...others].map(({ id }) => id).join(", ")}): import the right one by hand, as in ${by}`,
    ];
  if (/another system|other system/.test(found.status))
    return [
      `a pool ${want.name} is on the disks and was last used by another system; when that one has let go of it: zpool import -f -d /dev/disk/by-id ${found.id}`,
    ];
  if (found.state !== "ONLINE" && found.state !== "DEGRADED")
    return [`a pool ${want.name} is on the disks and cannot be imported: it is ${found.state}: ${found.status}`];
  const located = locate(found, facts);
  const live = { name: want.name, properties: new Map(), status: located };
  const view = viewOf(live, liveVdevs(facts.devices, located, "", want), want);
  const ways = growth(view, want);
  if (ways.length === 0) return [];
  const difference = ways.flatMap(({ steps, refusals }) => [...refusals, ...steps.map(inWords)]).join("; ");
  return [
    `a pool ${want.name} that is not imported is on the host's disks, with another topology; to get what is declared: ${difference}. Import it first: ${by}`,
  ];
}

/** \`zpool import\` prints names without folders. */
function locate(status: Status, { devices }: DeepPoolFacts): Status {
  const paths = new Map(byIdPaths(devices).map((path) => [path.replace(/^.*\//, ""), path]));
  const named = (node: Node): Node => ({
    ...node,
    name: paths.get(node.name) ?? node.name,
    children: node.children.map(named),
  });
  const classes = Object.entries(status.classes).map(([name, nodes]) => [name, nodes.map(named)]);
  return { ...status, classes: Object.fromEntries(classes) as Status["classes"] };
}

// What an exported pool has for properties is known only when it is imported, so all that are declared are set.
function importing(want: PoolSpec, { id }: Status) {
  const root = Object.entries(want.rootProperties ?? {}).filter(
    ([name]) => nativeProperties[name]?.createOnly !== true,
  );
  const own = Object.entries(want.properties ?? {}).filter(([, value]) => value !== "disabled");
  return [
    zpool(["import", "-d", "/dev/disk/by-id", id]),
    ...setProperties(want.name, own),
    ...setRootProperties(want.name, root, []),
  ];
}
