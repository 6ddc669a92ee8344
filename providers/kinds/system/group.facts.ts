/** What one look at the host tells about some groups. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { OURS } from "./ours.ts";
import { SUDO_GROUPS } from "./sudoers.ts";

export interface Group {
  readonly gid: string;
  readonly members: readonly string[];
  /** The group was made by us. */
  readonly made: boolean;
  /** Members that we put in. */
  readonly added: readonly string[];
  /** Accounts whose primary group it is. */
  readonly primaryOf: readonly string[];
  /** Rules of sudo name it. */
  readonly sudo: boolean;
}

export type Facts = ReadonlyMap<string, Group>;

/** A folder for each group that we changed: a file `.made` where it is ours, and one for each member we put in. */
export const RECORDS = `${OURS}/groups`;
/** No account has such a name. */
export const MADE = ".made";

export function query(names: readonly string[] | undefined): Command {
  return script("groups", QUERY, names ?? []);
}

// 2: some are not there, which is an answer.
const QUERY = `${SUDO_GROUPS}
[ $# -gt 0 ] || exit 0
echo == groups
getent -s files group -- "$@" || [ $? -eq 2 ]
echo == records
for name do
  [ ! -d "${RECORDS}/$name" ] || ls -A -- "${RECORDS}/$name" | sed "s/^/$name /"
done
echo == accounts
getent -s files passwd
echo == sudo
sudo_groups
`;

export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the groups: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  const fields = (name: string) => section(name).map((line) => line.split(":"));
  const records = section("records").map((line) => line.split(" "));
  const accounts = fields("accounts");
  const granted = section("sudo");
  return new Map(
    fields("groups").map(([name = "", , gid = "", members = ""]): [string, Group] => {
      const recorded = records.flatMap(([of, what = ""]) => (of === name ? [what] : []));
      return [
        name,
        {
          gid,
          members: members.split(",").filter((member) => member !== ""),
          made: recorded.includes(MADE),
          added: recorded.filter((what) => what !== MADE),
          primaryOf: accounts.flatMap(([account = "", , , primary]) => (primary === gid ? [account] : [])),
          sudo: granted.includes(name),
        },
      ];
    }),
  );
}
