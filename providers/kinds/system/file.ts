import { sh, secret as hide, type Command } from "../../host/command.ts";
import { restoreFile, writeFile } from "../../host/file.ts";
import { defineKind, nothing, type Change, type Context, type Plan } from "../../kind.ts";
import { compare, giveBack, keep, keepLast, putLastBack, reload, restart, unread } from "./file.commands.ts";
import { digestOf, parse, query, type Entry, type Facts } from "./file.facts.ts";
import { FileSpec, modeOf } from "./file.spec.ts";
import { STAYS } from "./ours.ts";

export { FileSpec };

/** A spec, and what of the host is not as it says. */
interface State extends FileSpec {
  /** It was ours, and somebody deleted it: what was there before is still to be given back. */
  readonly gone?: boolean;
}

/**
 * A text file with all its content. What was there before is kept, under /var/lib/phoenix-hypervisor/files/kept, and
 * put back when the file is no longer declared; a file that was as declared from the start stays.
 */
export const file = defineKind<State, Facts>({
  type: "system:File",
  holdsData: false,
  spec: FileSpec,
  id: ({ path }) => path,
  secrets: ({ secret }) => (secret === undefined ? [] : [secret]),
  byName: true,
  query,
  parse,
  probe: ({ path, secret }, context) => (secret === undefined ? undefined : compare(path, context.secret(secret))),

  view({ entries, origins, unread: notes }, spec, { probed, was }) {
    const { content, secret, mode, owner, group, reloads, restarts, ...rest } = spec;
    const is = entries.get(spec.path);
    if (is === undefined) return was !== undefined && origins.has(spec.path) ? { ...spec, gone: true } : undefined;
    const same = secret !== undefined && probed?.stdout.trim() === "same";
    return {
      ...rest,
      ...(content === undefined
        ? {}
        : { content: is.content === digestOf(content) ? content : (is.content ?? `a ${is.type}`) }),
      ...(same ? { secret } : {}),
      ...(reloads === undefined || reloads === notes.get(spec.path) ? {} : { reloads }),
      ...(restarts === undefined || restarts === notes.get(spec.path) ? {} : { restarts }),
      owner: owner === is.uid ? owner : is.owner,
      group: group === is.gid ? group : is.group,
      ...(mode === undefined && octal(is.mode) === octal(modeOf(spec)) ? {} : { mode: notation(mode, is.mode) }),
    };
  },

  plan(live, want, context, facts) {
    const changes = differences(live, want);
    if (facts === undefined) return { ...nothing, changes };
    const is = facts.entries.get(want.path);
    const refusals = refused(is, want.path);
    if (changes.length === 0) return { ...nothing, refusals };
    const settle = tell(want);
    const read = changes.every(({ prop }) => prop === "reloads" || prop === "restarts");
    return read && settle !== undefined
      ? { changes, refusals, commands: [], settle }
      : { changes, refusals, ...steps(facts, want, context) };
  },

  destroy({ path, reloads, restarts }, { was }, { origins }) {
    if (!origins.has(path)) return { ...nothing, says: STAYS };
    const settle = tell({ reloads: reloads ?? was?.reloads, restarts: restarts ?? was?.restarts });
    const changes = [{ prop: "path", from: path, to: undefined }];
    return { changes, refusals: [], commands: [giveBack(path)], ...(settle === undefined ? {} : { settle }) };
  },
});

function octal(mode: string): number {
  return parseInt(mode, 8);
}

function notation(declared: string | undefined, is: string): string {
  return declared !== undefined && octal(declared) === octal(is) ? declared : is.padStart(4, "0");
}

function differences(live: State | undefined, want: FileSpec): Change[] {
  if (live === undefined || live.gone === true) return [{ prop: "path", from: undefined, to: want.path }];
  const { content, secret, owner, group } = want;
  const is = { ...live, mode: live.mode ?? modeOf(want) };
  const to = { owner, group, mode: modeOf(want) };
  return [
    ...(content !== undefined && live.content !== content
      ? [{ prop: "content", from: live.content, to: content }]
      : []),
    ...(secret !== undefined && live.secret !== secret
      ? [{ prop: "secret", from: "other content", to: `the secret ${secret}` }]
      : []),
    ...(["owner", "group", "mode"] as const).flatMap((prop) => {
      const equal = prop === "mode" ? octal(is.mode) === octal(to.mode) : is[prop] === to[prop];
      return equal ? [] : [{ prop, from: is[prop], to: to[prop] }];
    }),
    ...(["reloads", "restarts"] as const).flatMap((prop) => {
      const unit = want[prop];
      return unit === undefined || live[prop] === unit
        ? []
        : [{ prop, from: undefined, to: unit, note: "it has not read the file yet" }];
    }),
  ];
}

function refused(is: Entry | undefined, path: string): string[] {
  return is === undefined || is.type === "regular file" ? [] : [`${path} is a ${is.type}, no file: move it away`];
}

function steps(facts: Facts, want: FileSpec, context: Context<FileSpec>): Pick<Plan, "commands" | "settle" | "undo"> {
  const { path, content, secret, owner, group, check } = want;
  const unit = want.reloads ?? want.restarts;
  const is = facts.entries.get(path);
  const to = secret === undefined ? (content ?? "") : context.secret(secret);
  const write = writeFile(path, to, {
    mode: modeOf(want),
    owner,
    group,
    ...(check === undefined ? {} : { check: sh`${check}` }),
    ...(unit === undefined ? {} : { note: unread(path, unit) }),
  });
  const settle = tell(want);
  const known = is === undefined || (is.content !== undefined && !is.content.startsWith("sha256:"));
  const back = (): Command =>
    restoreFile(path, is?.content === undefined ? undefined : hide(is.content), {
      mode: is?.mode ?? "600",
      owner: is?.uid ?? "0",
      group: is?.gid ?? "0",
    });
  const first = facts.origins.has(path) ? [] : [keep(path)];
  if (settle === undefined) return { commands: [...first, write] };
  return {
    commands: [...first, ...(known ? [] : [keepLast(path)]), write],
    settle,
    undo: [known ? back() : putLastBack(path), settle],
  };
}

function tell({ reloads, restarts }: { reloads?: string | undefined; restarts?: string | undefined }) {
  if (reloads !== undefined) return reload(reloads);
  return restarts === undefined ? undefined : restart(restarts);
}
