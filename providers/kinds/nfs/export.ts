import { sh, type Command } from "../../host/command.ts";
import { defineKind, nothing, type Change, type Plan } from "../../kind.ts";
import { canonicalClient } from "./clients.ts";
import { reexport, removeDropIn, restoreDropIn, unexport, writeDropIn } from "./commands.ts";
import { dropIn } from "./exports-file.ts";
import { parse, query, type Facts } from "./facts.ts";
import { refusals } from "./refusals.ts";
import { same, settings, type Settings } from "./settings.ts";
import { ExportSpec } from "./spec.ts";
import { look, ownership, type Grant, type Ownership, type State } from "./view.ts";

export { ExportSpec };

/**
 * An NFS export: one drop-in file in /etc/exports.d and its entries in the live export table. The directory and what
 * is in it are never created, emptied or removed; entries of other files are left alone.
 */
export const exportKind = defineKind<State, Facts>({
  type: "nfs:Export",
  holdsData: false,
  spec: ExportSpec,
  id: ({ path }) => path,
  query,
  parse,
  view: (facts, spec) => look(facts, spec).state,

  plan(live, want, _context, facts) {
    const changes = differences(live, want);
    if (facts === undefined) return { ...nothing, changes };
    return {
      changes,
      refusals: refusals(facts, want),
      ...(changes.length === 0 ? { commands: [] } : steps(facts, want)),
    };
  },

  destroy({ path, clients }, _context, facts) {
    const { live } = look(facts, { path, clients });
    const changes = [{ prop: "path", from: path, to: undefined }];
    const names = [...live.values()].map(({ name }) => name);
    return {
      changes,
      refusals: [],
      commands: [removeDropIn(path), ...(names.length === 0 ? [] : [unexport(path, names)])],
    };
  },
});

function differences(live: State | undefined, want: State): Change[] {
  if (live === undefined) return [{ prop: "path", from: undefined, to: want.path }];
  const is = new Map(Object.entries(live.clients).map((pair) => [canonicalClient(pair[0]), pair]));
  const declared = new Set(Object.keys(want.clients).map(canonicalClient));
  const clients = Object.entries(want.clients).flatMap(([client, to]): Change[] => {
    const from = is.get(canonicalClient(client))?.[1];
    return from !== undefined && same(settings(from), settings(to)) ? [] : [{ prop: `clients.${client}`, from, to }];
  });
  const extra = [...is].flatMap(([name, [client, from]]): Change[] =>
    declared.has(name) ? [] : [{ prop: `clients.${client}`, from, to: undefined }],
  );
  return [...clients, ...extra, ...directoryChanges(live, want), ...hostChanges(live)];
}

function directoryChanges(live: Ownership, want: Ownership): Change[] {
  const props = ["owner", "group", "mode"] as const;
  return props.flatMap((prop): Change[] => {
    const [from, to] = [live[prop], want[prop]];
    const equal = prop === "mode" ? octal(from) === octal(to) : String(from) === String(to);
    return to === undefined || equal ? [] : [{ prop, from, to }];
  });
}

function octal(mode: unknown): number {
  return parseInt(String(mode), 8);
}

function hostChanges({ file, server }: State): Change[] {
  const states = ["enabled", "active"] as const;
  return [
    ...(file === undefined ? [] : [{ prop: "file", from: file, to: undefined }]),
    ...states.flatMap((state) =>
      server?.[state] === false ? [{ prop: `server.${state}`, from: false, to: true }] : [],
    ),
  ];
}

function steps(facts: Facts, want: State): Pick<Plan, "commands" | "settle" | "undo"> {
  const { state, own, live } = look(facts, want);
  const wanted = new Map(Object.entries(want.clients).map(([client, to]) => [canonicalClient(client), settings(to)]));
  const asFiled = wanted.size === own.size && [...wanted].every(([client, to]) => isSame(own.get(client), to));
  const asLive = facts.server.active && [...wanted].every(([client, to]) => isSame(live.get(client), to));
  const write = !asFiled || state?.file !== undefined;
  const gone = [...live].flatMap(([client, { name }]) => (wanted.has(client) ? [] : [name]));
  const directory = ownershipSteps(facts, want);
  const before = facts.files.get(dropIn(want.path));
  return {
    commands: [
      ...directory.commands,
      ...(write ? [writeDropIn(want.path, want.clients)] : []),
      ...(gone.length > 0 ? [unexport(want.path, gone)] : []),
    ],
    ...(asLive && facts.server.enabled ? {} : { settle: reexport }),
    undo: [
      ...directory.undo,
      ...(write ? [restoreDropIn(want.path, before)] : []),
      ...(before === undefined ? [unexport(want.path, Object.keys(want.clients))] : [reexport]),
    ],
  };
}

function isSame(is: Grant | undefined, to: Settings): boolean {
  return is !== undefined && same(is.settings, to);
}

function ownershipSteps(facts: Facts, want: State): { commands: Command[]; undo: Command[] } {
  const is = facts.directories.get(want.path);
  const changed = new Set(directoryChanges(ownership(is, want), want).map(({ prop }) => prop));
  if (is === undefined || changed.size === 0) return { commands: [], undo: [] };
  const chown = changed.has("owner") || changed.has("group");
  const to = `${changed.has("owner") ? String(want.owner) : ""}:${changed.has("group") ? String(want.group) : ""}`;
  // Five digits: with fewer, chmod leaves the set-group-id bit of a directory alone.
  const mode = (octalMode: string) => sh`chmod -- ${octalMode.padStart(5, "0")} ${want.path}`;
  const chmod = changed.has("mode") && want.mode !== undefined ? [mode(want.mode)] : [];
  return {
    commands: [...(chown ? [sh`chown -- ${to} ${want.path}`] : []), ...chmod],
    undo: [
      ...(chown ? [sh`chown -- ${`${is.uid}:${is.gid}`} ${want.path}`] : []),
      ...(chmod.length > 0 ? [mode(is.mode)] : []),
    ],
  };
}
