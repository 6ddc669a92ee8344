import { script, sh, withStdin, type Command } from "../../host/command.ts";
import { defineKind, nothing, type Change, type Context, type Plan } from "../../kind.ts";
import { parse, query, type DatasetFacts, type Property } from "./dataset.facts.ts";
import { nativeProperties, ruleOf } from "./dataset.properties.ts";
import { DatasetSpec, type DatasetState } from "./dataset.spec.ts";
import { bytes, canonical, nice, shown, written } from "./values.ts";

export { DatasetSpec };

/** A ZFS file system or volume. */
export const dataset = defineKind<DatasetState, DatasetFacts>({
  type: "zfs:Dataset",
  holdsData: true,
  outputNames: ["mountpoint"],
  spec: DatasetSpec,
  id: ({ name }) => name,
  renamedFrom: ({ renamedFrom }) => renamedFrom,
  secrets: ({ encryption }) => (encryption === undefined ? [] : [encryption.secret]),
  outputs: (facts, id) => ({ mountpoint: facts.datasets.get(id)?.get("mountpoint")?.value }),
  query,
  parse,
  // Does the declared secret open it? `-n` only tries.
  probe: ({ name, encryption }, context) =>
    encryption === undefined ? undefined : withStdin(sh`zfs load-key -n ${name}`, context.secret(encryption.secret)),
  view,
  plan(live, want, context, facts) {
    if (live === undefined) return creation(want, context, facts);
    const plan = changes(live, want, context);
    return { ...plan, refusals: [...plan.refusals, ...(facts === undefined ? [] : tooSmall(want, facts))] };
  },
  destroy,
});

function view(
  facts: DatasetFacts,
  spec: DatasetState,
  { was, probed }: Context<DatasetState>,
): DatasetState | undefined {
  const name = [spec.name, spec.renamedFrom].find((one) => one !== undefined && facts.datasets.has(one));
  const found = facts.datasets.get(name ?? "");
  if (name === undefined || found === undefined) return undefined;
  const value = (property: string) => found.get(property)?.value ?? "";
  const at = facts.directories.get(value("mountpoint"));
  const names = new Set([...Object.keys(spec.properties), ...Object.keys(was?.properties ?? {})]);
  const properties = [...names].flatMap((property) => {
    const live = set(property, found.get(property));
    return live === undefined ? [] : [[property, inWordsOf(property, live, spec.properties[property])]];
  });
  const volume = value("type") === "volume";
  const { owner, group, mode, encryption, volsize } = spec;
  return {
    ...spec,
    name,
    type: volume ? "volume" : "filesystem",
    ...(volume
      ? { volsize: bytes(volsize ?? "") === bytes(value("volsize")) ? volsize : nice(BigInt(value("volsize"))) }
      : {}),
    properties: Object.fromEntries(properties) as Record<string, string>,
    ...(owner === undefined ? {} : { owner: account(owner, at?.owner) }),
    ...(group === undefined ? {} : { group: account(group, at?.group) }),
    ...(mode === undefined
      ? {}
      : { mode: at !== undefined && octal(at.mode) === octal(mode) ? mode : (at?.mode ?? "none") }),
    ...(encryption === undefined ? {} : { encryption: cipher(encryption, value("encryption"), probed?.code === 0) }),
    ...(shouldBeMounted(value) && value("mounted") === "no" ? { mounted: false } : {}),
    ...(encryption !== undefined && value("keystatus") === "unavailable" ? { keystatus: "unavailable" } : {}),
  };
}

/** The value, where it was set on this dataset itself or settled when it was made. */
function set(property: string, found: Property | undefined): string | undefined {
  if (found === undefined) return undefined;
  if (nativeProperties[property]?.createOnly === true) return found.value;
  const native = nativeProperties[property];
  // A limit that is set to none has no source of its own.
  if (native?.back !== undefined && native.back !== "inherited" && found.source === "default")
    return canonical(native.rule, found.value) === canonical(native.rule, native.back.default)
      ? undefined
      : found.value;
  return found.source === "local" || found.source === "received" ? found.value : undefined;
}

function inWordsOf(property: string, live: string, declared: string | undefined): string {
  const rule = ruleOf(property);
  return declared !== undefined && canonical(rule, declared) === canonical(rule, live) ? declared : shown(rule, live);
}

function account(declared: string | number, live: readonly [string, string] | undefined): string | number {
  if (live === undefined) return "none";
  return live.includes(String(declared)) ? declared : live[0];
}

function octal(mode: string): number {
  return Number.parseInt(mode, 8);
}

function cipher(declared: NonNullable<DatasetSpec["encryption"]>, algorithm: string, opens: boolean) {
  return { algorithm: algorithm as typeof declared.algorithm, secret: opens ? declared.secret : "(another key)" };
}

function shouldBeMounted(value: (property: string) => string): boolean {
  return value("type") === "filesystem" && value("canmount") === "on" && value("mountpoint").startsWith("/");
}

function creation(want: DatasetSpec, context: Context<DatasetState>, facts?: DatasetFacts): Plan {
  const { name, properties, volsize, sparse, encryption } = want;
  const pool = name.split("/")[0] ?? "";
  const refusals =
    facts === undefined || facts.pools.includes(pool)
      ? []
      : [`the pool ${pool} is not there; if it exists and is not imported: zpool import ${pool}`];
  const options = Object.entries(properties).flatMap(([key, value]) => ["-o", `${key}=${written(ruleOf(key), value)}`]);
  const volume = volsize === undefined ? [] : [...(sparse === true ? ["-s"] : []), "-V", String(bytes(volsize))];
  const locked =
    encryption === undefined
      ? []
      : ["-o", `encryption=${encryption.algorithm}`, "-o", "keyformat=passphrase", "-o", "keylocation=prompt"];
  const create = sh`zfs create ${[...options, ...locked, ...volume]} ${name}`;
  const commands = [encryption === undefined ? create : withStdin(create, context.secret(encryption.secret))];
  return {
    changes: [{ prop: "name", from: undefined, to: name }],
    refusals,
    commands: [...commands, ...directory({}, want)],
  };
}

function changes(live: DatasetState, want: DatasetSpec, context: Context<DatasetState>): Plan {
  const found: Change[] = [];
  const refusals: string[] = [];
  const commands: Command[] = [];
  const differ = (prop: string, from: unknown, to: unknown) => found.push({ prop, from, to });
  if (live.name !== want.name) {
    differ("name", live.name, want.name);
    commands.push(sh`zfs rename ${live.name} ${want.name}`);
  }
  if (live.type !== want.type)
    refusals.push(`it is a ${live.type} and declared as a ${want.type}: that is settled when it is made`);
  const sets: string[] = [];
  for (const [property, to] of Object.entries(want.properties)) {
    const from = live.properties[property];
    const rule = ruleOf(property);
    if (from !== undefined && canonical(rule, from) === canonical(rule, to)) continue;
    if (nativeProperties[property]?.createOnly === true)
      refusals.push(
        `${property} is ${from ?? "unset"} and declared ${to}: it is settled when the dataset is made; declare ${from ?? "nothing"}, or copy the data into a new dataset`,
      );
    else sets.push(`${property}=${written(rule, to)}`);
    differ(`properties.${property}`, from, to);
  }
  volsize(live, want, refusals, sets, differ);
  const drops = Object.keys(live.properties).filter((property) => !(property in want.properties));
  for (const property of drops) differ(`properties.${property}`, live.properties[property], undefined);
  const defaults = drops.flatMap((property) => {
    const back = nativeProperties[property]?.back;
    return back === undefined || back === "inherited" ? [] : [`${property}=${back.default}`];
  });
  if (sets.length + defaults.length > 0) commands.push(sh`zfs set ${[...sets, ...defaults]} ${want.name}`);
  for (const property of drops.filter((one) => typeof nativeProperties[one]?.back !== "object"))
    commands.push(sh`zfs inherit ${property} ${want.name}`);
  commands.push(...encryption(live, want, context, refusals, differ));
  if (live.mounted === false && live.keystatus === undefined && (want.properties["canmount"] ?? "on") === "on") {
    differ("mounted", false, true);
    commands.push(sh`zfs mount ${want.name}`);
  }
  for (const prop of ["owner", "group", "mode"] as const)
    if (want[prop] !== undefined && live[prop] !== want[prop]) differ(prop, live[prop], want[prop]);
  commands.push(...directory(live, want));
  if (live.allowDestroy !== want.allowDestroy) differ("allowDestroy", live.allowDestroy, want.allowDestroy);
  return { changes: found, refusals, commands };
}

type Differ = (prop: string, from: unknown, to: unknown) => void;

function volsize(live: DatasetState, want: DatasetSpec, refusals: string[], sets: string[], differ: Differ): void {
  if (want.volsize === undefined || bytes(live.volsize ?? "0") === bytes(want.volsize)) return;
  differ("volsize", live.volsize, want.volsize);
  if ((bytes(want.volsize) ?? 0n) < (bytes(live.volsize ?? "0") ?? 0n))
    refusals.push(
      `volsize is ${live.volsize ?? "?"} and declared ${want.volsize}: shrinking a volume cuts off what it holds; if that is meant, by hand: zfs set volsize=${want.volsize} ${want.name}`,
    );
  else sets.push(`volsize=${String(bytes(want.volsize))}`);
}

function encryption(
  live: DatasetState,
  want: DatasetSpec,
  context: Context<DatasetState>,
  refusals: string[],
  differ: Differ,
): Command[] {
  if (want.encryption === undefined) return [];
  const { algorithm, secret } = want.encryption;
  if (live.encryption?.algorithm !== algorithm) {
    refusals.push(
      `encryption is ${live.encryption?.algorithm ?? "off"} and declared ${algorithm}: it is settled when the dataset is made`,
    );
    return [];
  }
  const opens = live.encryption.secret === secret;
  if (!opens) differ("encryption.secret", live.encryption.secret, secret);
  if (live.keystatus !== undefined) differ("keystatus", "unavailable", "available");
  if (!opens && live.keystatus !== undefined) {
    refusals.push(`its key is not loaded, and the declared secret ${secret} does not open it`);
    return [];
  }
  if (live.keystatus !== undefined)
    return [
      withStdin(script("zfs-unlock", 'zfs load-key "$1" && zfs mount "$1"', [want.name]), context.secret(secret)),
    ];
  return opens
    ? []
    : [
        withStdin(
          sh`zfs change-key -o keyformat=passphrase -o keylocation=prompt ${want.name}`,
          context.secret(secret),
        ),
      ];
}

/** Owner, group and mode of the mount point, where they differ: one command. */
function directory(live: Partial<DatasetState>, want: DatasetSpec): Command[] {
  const differs = (key: "owner" | "group" | "mode") =>
    want[key] === undefined || live[key] === want[key] ? "" : String(want[key]);
  const [owner, group, mode] = [differs("owner"), differs("group"), differs("mode")];
  if (owner + group + mode === "") return [];
  const text = `
at=$(zfs get -H -o value mountpoint "$1")
[ "$(zfs get -H -o value mounted "$1")" = yes ] || { echo "$1 is not mounted: its directory has no owner to set" >&2; exit 1; }
[ "$2$3" = "" ] || chown "$2\${3:+:$3}" "$at"
[ "$4" = "" ] || chmod "$4" "$at"`;
  return [script("dataset-directory", text, [want.name, owner, group, mode])];
}

function tooSmall(want: DatasetSpec, facts: DatasetFacts): string[] {
  const found = facts.datasets.get(want.name);
  return (["quota", "refquota"] as const).flatMap((property) => {
    const limit = want.properties[property] === undefined ? undefined : bytes(want.properties[property] ?? "");
    const used = BigInt(found?.get(property === "quota" ? "used" : "referenced")?.value ?? "0");
    if (limit === undefined || limit === 0n || limit >= used) return [];
    return [`${property} ${nice(limit)} is below the ${String(used)} bytes in use`];
  });
}

function destroy(live: DatasetState, _context: Context<DatasetState>, facts: DatasetFacts): Plan {
  const { name } = live;
  const found = facts.datasets.get(name);
  const below = facts.children.filter((child) => child.startsWith(`${name}/`));
  const snapshots = facts.snapshots.filter((one) => one.name.startsWith(`${name}@`));
  const clones = snapshots.flatMap((one) => (one.clones === "" ? [] : [one.clones]));
  const refusals = [
    ...(below.length > 0 ? [`it has children, which are never destroyed with it: ${some(below)}`] : []),
    ...(clones.length > 0 ? [`clones depend on its snapshots: ${some(clones)}`] : []),
  ];
  const consent =
    "declare allowDestroy: true and apply that first, or take it out of the stack's care: pulumi state delete";
  if (!live.allowDestroy) {
    const data = holds(facts, found, live);
    if (data !== undefined) refusals.push(`it ${data}; ${consent}`);
    if (snapshots.length > 0) refusals.push(`it has snapshots: ${some(snapshots.map((one) => one.name))}; ${consent}`);
  }
  const own = snapshots.length > 0 ? [sh`zfs destroy ${`${name}@%`}`] : [];
  return {
    ...nothing,
    changes: [{ prop: "name", from: name, to: undefined }],
    refusals,
    commands: [...own, sh`zfs destroy ${name}`],
  };
}

/** Why we must take it that there is data. A volume that was never written refers to a few blocks of metadata. */
function holds(
  facts: DatasetFacts,
  found: ReadonlyMap<string, Property> | undefined,
  live: DatasetState,
): string | undefined {
  if (live.type === "volume")
    return BigInt(found?.get("logicalreferenced")?.value ?? "0") > 32_768n ? "was written to" : undefined;
  if (found?.get("mounted")?.value !== "yes") return "is not mounted, so nobody can tell whether it is empty";
  return facts.filled.includes(found.get("mountpoint")?.value ?? "") ? "holds data" : undefined;
}

function some(names: readonly string[]): string {
  return `${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${String(names.length - 3)} more` : ""}`;
}
