import { z } from "zod";
import { defineKind, nothing, type Change, type Plan } from "../../kind.ts";
import { ownership, ownershipChanges, type Ownership } from "../directory.ts";
import { before, make, see, unmake } from "./directory.commands.ts";
import { made, parse, query, type Facts } from "./directory.facts.ts";
import { STAYS } from "./ours.ts";
import { absolutePath, account, mode } from "./path.ts";

export const DirectorySpec = z.strictObject({
  /** Where it is: an absolute path. Its parent must be there. A symbolic link there is refused. */
  path: absolutePath,
  /** Of the directory itself, name or number. Default: left as it is, root for a new one. */
  owner: account.optional(),
  /** Of the directory itself, name or number. Default: left as it is, root for a new one. */
  group: account.optional(),
  /** Of the directory itself, octal. Default: left as it is, `"0755"` for a new one. */
  mode: mode.optional(),
});
export type DirectorySpec = z.infer<typeof DirectorySpec>;

/** A spec, and what of the host is not as it says. */
interface State extends DirectorySpec {
  /** What is there in its place: `absent`, for one that was ours, or `a regular file`. */
  readonly instead?: string;
}

/**
 * A directory with its owner, group and mode; what is in it is nobody's business here. Ending it removes one that we made
 * and that is empty, and nothing else.
 */
export const directoryKind = defineKind<State, Facts>({
  type: "system:Directory",
  // Nothing in it is ever touched.
  holdsData: false,
  spec: DirectorySpec,
  id: ({ path }) => path,
  byName: true,
  query,
  parse,

  view(facts, spec, { was }) {
    const is = facts.entries.get(spec.path);
    if (is === undefined)
      return was !== undefined && made(facts, spec.path) ? { ...spec, instead: "absent" } : undefined;
    if (is.type !== "directory") return { path: spec.path, instead: `a ${is.type}` };
    return { path: spec.path, ...(ownership(is, spec) as Omit<DirectorySpec, "path">) };
  },

  plan(live, want, _context, facts): Plan {
    const changes = differences(live, want);
    if (facts === undefined || changes.length === 0) return { ...nothing, changes };
    const { path } = want;
    const is = facts.entries.get(path);
    if (is === undefined) return { changes, refusals: [], commands: [make(want)], undo: [unmake(path)] };
    if (is.type !== "directory")
      return { ...nothing, changes, refusals: [`${path} is a ${is.type}, no directory: move it away`] };
    const to = (prop: keyof Ownership) => {
      const change = changes.find((one) => one.prop === prop);
      return change === undefined ? "" : String(change.to);
    };
    const wish = { owner: to("owner"), group: to("group"), mode: to("mode") };
    return { changes, refusals: [], commands: [see(path, wish)], undo: [see(path, before(is))] };
  },

  destroy({ path, instead }, _context, facts): Plan {
    if (!made(facts, path)) return { ...nothing, says: STAYS };
    const changes = [{ prop: "path", from: path, to: undefined }];
    const stays = instead === undefined && !facts.empty.has(path);
    return {
      changes,
      refusals: [],
      commands: [unmake(path)],
      ...(stays ? { says: "it is not empty, so it stays" } : {}),
    };
  },
});

function differences(live: State | undefined, want: DirectorySpec): Change[] {
  const from = live?.instead === "absent" ? undefined : live?.instead;
  if (live === undefined || live.instead !== undefined) return [{ prop: "path", from, to: want.path }];
  return ownershipChanges(live, want);
}
