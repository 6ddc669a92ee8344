/** A directory's owner, group and mode, as kinds that share directories see and compare them. */
import type { Change } from "../kind.ts";

/** What `stat --format '%F|%u|%g|%U|%G|%a|%n'` says of a path. */
export interface Directory {
  /** `directory`, `regular file` … */
  readonly type: string;
  readonly uid: string;
  readonly gid: string;
  readonly owner: string;
  readonly group: string;
  /** Octal, without leading zeros. */
  readonly mode: string;
}

export interface Ownership {
  readonly owner?: string | number | undefined;
  readonly group?: string | number | undefined;
  readonly mode?: string | undefined;
}

/** Reads one line of stat: the path and what is there. Other lines give nothing. */
export function directory(line: string): [string, Directory][] {
  const [type = "", uid = "", gid = "", owner = "", group = "", mode = "", ...path] = line.split("|");
  return path.length === 0 ? [] : [[path.join("|"), { type, uid, gid, owner, group, mode }]];
}

/** Owner, group and mode as far as they are declared, in the declared notation where they are equal. */
export function ownership(is: Directory | undefined, declared: Ownership): Ownership {
  if (is === undefined) return {};
  const { owner, group, mode } = declared;
  return {
    ...(owner === undefined ? {} : { owner: [is.owner, is.uid].includes(String(owner)) ? owner : is.owner }),
    ...(group === undefined ? {} : { group: [is.group, is.gid].includes(String(group)) ? group : is.group }),
    ...(mode === undefined ? {} : { mode: parseInt(mode, 8) === parseInt(is.mode, 8) ? mode : is.mode }),
  };
}

/** What differs of what is declared. */
export function ownershipChanges(live: Ownership, want: Ownership): Change[] {
  return (["owner", "group", "mode"] as const).flatMap((prop): Change[] => {
    const [from, to] = [live[prop], want[prop]];
    const equal = prop === "mode" ? octal(from) === octal(to) : String(from) === String(to);
    return to === undefined || equal ? [] : [{ prop, from, to }];
  });
}

function octal(mode: unknown): number {
  return parseInt(String(mode), 8);
}
