/** What is there of an export, in the words of its spec. */
import { canonicalClient } from "./clients.ts";
import { dropIn, type Clients, type Entry } from "./exports-file.ts";
import type { Directory, Facts } from "./facts.ts";
import { describe, same, settings, type Settings } from "./settings.ts";
import type { ExportSpec } from "./spec.ts";

/** A spec, and what of the host is not as every export needs it; left out where it is. */
export interface State extends Omit<ExportSpec, "clients"> {
  readonly clients: Clients;
  /** The NFS server, when it is not enabled and active. */
  readonly server?: { readonly enabled: boolean; readonly active: boolean };
  /** A line of the drop-in that is none of this export's. */
  readonly file?: string;
}

export type Ownership = Pick<State, "owner" | "group" | "mode">;

export interface Grant {
  /** The client as the file or the live table spells it. */
  readonly name: string;
  readonly settings: Settings;
}

export interface Look {
  /** Undefined: there is neither a drop-in nor anything live that no other file explains. */
  readonly state: State | undefined;
  /** What the drop-in says, by canonical client. */
  readonly own: ReadonlyMap<string, Grant>;
  /** What is live and comes from no other file, by canonical client. */
  readonly live: ReadonlyMap<string, Grant>;
}

export function look(facts: Facts, spec: State): Look {
  const { path } = spec;
  const file = dropIn(path);
  const here = facts.entries.filter((entry) => entry.path === path);
  // Of entries that are there twice, the first counts for exportfs.
  const own = new Map(
    here
      .filter((entry) => entry.file === file)
      .reverse()
      .map(({ client, options }) => [canonicalClient(client), { name: client, settings: settings(options) }]),
  );
  const live = liveOf(
    facts,
    path,
    here.filter((entry) => entry.file !== file),
  );
  const seen: Look = { state: undefined, own, live };
  if (!facts.files.has(file) && live.size === 0) return seen;
  const stray = strayLine(facts, path, file);
  const { server } = facts;
  const state = {
    path,
    clients: clientsOf(seen, spec.clients, server.active),
    ...ownership(facts.directories.get(path), spec),
    ...(stray === undefined ? {} : { file: stray }),
    ...(server.enabled && server.active ? {} : { server }),
  };
  return { ...seen, state };
}

function liveOf(facts: Facts, path: string, foreign: readonly Entry[]): Map<string, Grant> {
  const theirs = new Set(foreign.map(({ client }) => canonicalClient(client)));
  const declared = new Map(
    [...facts.names].map(([name, canonical]) => [canonicalClient(canonical), canonicalClient(name)]),
  );
  const live = facts.table
    .filter((entry) => entry.path === path)
    .map(({ client, options }) => {
      const name = canonicalClient(client);
      return [declared.get(name) ?? name, { name: client, settings: settings(options, "dropped") }] as const;
    });
  return new Map(live.filter(([client]) => !theirs.has(client)));
}

/** A client is as declared when the drop-in and the live table both say so. No table is there while the server rests. */
function clientsOf({ own, live }: Look, declared: Clients, active: boolean): Record<string, readonly string[]> {
  const spelled = new Map(Object.keys(declared).map((client) => [canonicalClient(client), client]));
  const names = new Set([...spelled.keys(), ...own.keys(), ...live.keys()]);
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const [filed, used] = [own.get(name), active ? live.get(name) : own.get(name)];
      const client = spelled.get(name) ?? filed?.name ?? used?.name ?? name;
      const is = asIs(filed?.settings, used?.settings, declared[client]);
      return is === undefined ? [] : [[client, is]];
    }),
  );
}

/**
 * An entry that the drop-in or the live table lacks is told with what it is, whatever is declared: a refresh records
 * it, and the next look must find it just as amiss.
 */
function asIs(own: Settings | undefined, live: Settings | undefined, declared: readonly string[] | undefined) {
  const any = own ?? live;
  if (any === undefined) return undefined;
  if (own === undefined) return [...describe(any, declared ?? []), "not in the drop-in"];
  if (live === undefined) return [...describe(any, declared ?? []), "not live"];
  if (declared === undefined) return describe(own, []);
  return describe(same(own, settings(declared)) ? live : own, declared);
}

/** Owner, group and mode as far as they are declared, in the declared notation where they are equal. */
export function ownership(is: Directory | undefined, spec: Ownership): Ownership {
  if (is === undefined) return {};
  const { owner, group, mode } = spec;
  return {
    ...(owner === undefined ? {} : { owner: [is.owner, is.uid].includes(String(owner)) ? owner : is.owner }),
    ...(group === undefined ? {} : { group: [is.group, is.gid].includes(String(group)) ? group : is.group }),
    ...(mode === undefined ? {} : { mode: parseInt(mode, 8) === parseInt(is.mode, 8) ? mode : is.mode }),
  };
}

function strayLine(facts: Facts, path: string, file: string): string | undefined {
  const broken = facts.broken.find((line) => line.file === file);
  const other = facts.entries.find((entry) => entry.file === file && entry.path !== path);
  const twice = new Set<string>();
  const again = facts.entries.find((entry) => {
    if (entry.file !== file || entry.path !== path) return false;
    const seen = twice.has(canonicalClient(entry.client));
    twice.add(canonicalClient(entry.client));
    return seen;
  });
  const line = (broken ?? other ?? again)?.line;
  return line === undefined ? undefined : facts.files.get(file)?.[line - 1];
}
