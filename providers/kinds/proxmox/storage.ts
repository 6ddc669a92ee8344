import { script, type Command } from "../../host/command.ts";
import { defineKind, nothing, type Change } from "../../kind.ts";
import type { Section } from "./section-config.ts";
import { LOCAL, parse, query, type Facts } from "./storage.facts.ts";
import {
  canonical,
  OPTION_NAMES,
  optionOf,
  read,
  written,
  type OptionName,
  type Type,
  type Value,
} from "./storage.options.ts";
import { StorageSpec } from "./storage.spec.ts";
import { tool } from "./tool.ts";

export { StorageSpec };

type Options = { readonly [Name in OptionName]?: Value | undefined };

/** A spec; what is there may be of any type. */
interface State extends Options {
  readonly storage: string;
  readonly type: string;
}

/**
 * A storage of Proxmox VE: an entry of /etc/pve/storage.cfg that says where guests' volumes, images and backups are.
 * It points to data and holds none: removing it leaves all data where it is, and so does removing `local`, which
 * Proxmox VE always has and which stays as it is.
 */
export const storage = defineKind<State, Facts>({
  type: "proxmox:Storage",
  holdsData: false,
  spec: StorageSpec,
  id: (spec) => spec.storage,
  unfit: (spec, platform) =>
    platform === "proxmox"
      ? []
      : [`the storage ${spec.storage} needs Proxmox VE, and the host is Debian without it: take it out of the stack`],
  query,
  parse,

  view(facts, spec, { was }) {
    const section = facts.storages.get(spec.storage);
    if (section === undefined) return undefined;
    const { type } = section;
    if (type !== spec.type) return { storage: spec.storage, type };
    const options = OPTION_NAMES.flatMap((name) => {
      const is = valueOf(section, name, spec[name], was?.type === type ? was[name] : undefined);
      return is === undefined ? [] : [[name, is] as const];
    });
    return { storage: spec.storage, type, ...Object.fromEntries(options) };
  },

  plan(live, want) {
    if (live === undefined) {
      const changes = [{ prop: "storage", from: undefined, to: want.storage }];
      return {
        changes,
        refusals: [],
        commands: [tool("pvesm", "add", want.type, want.storage, ...given(want, OPTION_NAMES))],
      };
    }
    const changes = differences(live, want);
    const refusals = changes.flatMap((change) => (isFixed(change.prop) ? [refusal(want.storage, change)] : []));
    if (changes.length === 0 || refusals.length > 0) return { ...nothing, changes, refusals };
    const changed = changes.map(({ prop }) => prop as OptionName);
    const gone = changed.filter((name) => isEmpty(want[name]));
    return {
      changes,
      refusals,
      commands: [
        tool(
          "pvesm",
          "set",
          want.storage,
          ...given(want, changed),
          ...(gone.length === 0 ? [] : ["--delete", gone.join(",")]),
        ),
      ],
    };
  },

  destroy({ storage: id, type }, _context, facts) {
    if (id === LOCAL) return nothing;
    const guests = facts.guests.get(id) ?? [];
    const used = `guests have volumes in it (${guests.join(", ")}) and could not start: move or remove these first`;
    return {
      changes: [{ prop: "storage", from: id, to: undefined }],
      refusals: guests.length === 0 ? [] : [used],
      commands: [tool("pvesm", "remove", id), ...(type === "nfs" ? unmount(facts.storages.get(id)) : [])],
    };
  },
});

/** An option as it is, in the declared words where it is as declared; undefined: not set, or nobody's concern. */
function valueOf(section: Section, name: OptionName, want: Value | undefined, was: Value | undefined) {
  const { standard, fixed } = optionOf(name);
  const usual = standard?.[section.type as Type];
  const text = section.options.get(name) ?? usual;
  if (text === undefined) return undefined;
  const is = canonical(name, text);
  if (want !== undefined) return is === canonical(name, written(want)) ? want : read(name, text);
  // Proxmox VE writes its defaults into the file when it pleases: they are no more set than if it had not.
  const set = fixed !== true && is !== (usual === undefined ? undefined : canonical(name, usual));
  return was !== undefined && set ? read(name, text) : undefined;
}

function differences(live: State, want: State): Change[] {
  if (live.type !== want.type) return [{ prop: "type", from: live.type, to: want.type }];
  return OPTION_NAMES.flatMap((prop): Change[] => {
    const [from, to] = [live[prop], want[prop]];
    if (from === to || (from !== undefined && to !== undefined && same(prop, from, to))) return [];
    // Of what is fixed, the default is not written down.
    if (to === undefined && isFixed(prop)) return [];
    return [{ prop, from, to, ...(prop === "options" ? { note: "counts from the next mount on" } : {}) }];
  });
}

function same(name: OptionName, a: Value, b: Value): boolean {
  return canonical(name, written(a)) === canonical(name, written(b));
}

function isFixed(prop: string): boolean {
  return prop === "type" || optionOf(prop as OptionName).fixed === true;
}

function refusal(id: string, { prop, from, to }: Change): string {
  return (
    `its ${prop} is ${JSON.stringify(from)}, declared ${JSON.stringify(to)}, and that cannot be changed: guests find ` +
    `their volumes by it. Give the new storage another ID, or remove the old one (its data stays) and run again: ` +
    `pvesm remove ${id}`
  );
}

function isEmpty(value: Value | undefined): boolean {
  return value === undefined || written(value) === "";
}

/** The declared ones of these options, as pvesm takes them. */
function given(want: State, names: readonly OptionName[]): string[] {
  return names.flatMap((name) => {
    const value = want[name];
    return value === undefined || isEmpty(value) ? [] : [`--${name}`, written(value)];
  });
}

/** Proxmox VE leaves the export mounted, where it would hang as soon as the export is gone. */
function unmount(section: Section | undefined): Command[] {
  if (section === undefined) return [];
  const { options, name } = section;
  const server = options.get("server") ?? "";
  const source = `${server.includes(":") ? `[${server}]` : server}:${options.get("export") ?? ""}`;
  return [script("unmount-storage", UNMOUNT, [options.get("path") ?? `/mnt/pve/${name}`, source])];
}

const UNMOUNT = `
[ "$(findmnt -n -o SOURCE --mountpoint "$1")" = "$2" ] || exit 0
umount -- "$1" || { echo "the storage is removed, and its export is still mounted and in use: fuser -vm $1" >&2; exit 1; }
`;
