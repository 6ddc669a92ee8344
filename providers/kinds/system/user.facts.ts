/** What one look at the host tells about some accounts. No password's hash is among it. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { OURS } from "./ours.ts";
import { SUDO_GROUPS } from "./sudoers.ts";

export interface Account {
  readonly uid: string;
  readonly group: string;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
  /** Without the primary one. */
  readonly groups: readonly string[];
  /** Those of its groups, the primary one too, that rules of sudo name. */
  readonly sudoGroups: readonly string[];
  /** The account has expired. */
  readonly locked: boolean;
  /** The lines of ~/.ssh/authorized_keys; undefined: no such file. */
  readonly keys: readonly string[] | undefined;
  /** Owner, mode and path of ~/.ssh and the file in it, where these are not as sshd wants them. */
  readonly looseKeys: readonly string[];
  /** The lines of our sudoers drop-in. */
  readonly sudo: readonly string[];
  /** The account was made by us. */
  readonly made: boolean;
}

export type Facts = ReadonlyMap<string, Account>;

export const MADE = `${OURS}/users`;

export function sudoers(name: string): string {
  return `/etc/sudoers.d/zz-phoenix-${name}`;
}

export function query(names: readonly string[] | undefined): Command {
  return script("users", QUERY, names ?? []);
}

// Each line: the account, what it tells, the value.
const QUERY = `${SUDO_GROUPS}
sudo_groups=$(sudo_groups)
today=$(($(date +%s) / 86400))
for name do
  entry=$(getent -s files passwd -- "$name") || continue
  say() { printf '%s %s %s\\n' "$name" "$1" "$2"; }
  say passwd "$entry"
  rest=\${entry#*:*:*:}
  gid=\${rest%%:*}
  group=$(getent group -- "$gid") || group=$gid
  say group "\${group%%:*}"
  say groups "$(id -Gn -- "$name")"
  for granted in $sudo_groups; do say granted "$granted"; done
  expires=$(getent -s files shadow -- "$name" | cut -d : -f 8)
  [ -z "$expires" ] || [ "$expires" -gt "$today" ] || say locked yes
  home=$(printf '%s\\n' "$entry" | cut -d : -f 6)
  keys=$home/.ssh/authorized_keys
  if [ -L "$home/.ssh" ] || [ -L "$keys" ]
  then say link "$home/.ssh"
  elif [ -f "$keys" ]
  then
    say file yes
    awk -v name="$name" '{ print name " key " $0 }' "$keys"
    for path in "$home/.ssh" "$keys"
    do
      is=$(stat -c '%U %a' -- "$path")
      case $path in *.ssh) mode=700 ;; *) mode=600 ;; esac
      [ "$is" = "$name $mode" ] || say loose "$is $path"
    done
  fi
  [ ! -f "${sudoers("$name")}" ] || awk -v name="$name" '{ print name " sudo " $0 }' "${sudoers("$name")}"
  [ ! -e "${MADE}/$name" ] || say made yes
done
`;

export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the accounts: ${answer.stderr.trim()}`);
  const lines = new Map<string, [string, string][]>();
  for (const line of answer.stdout.split("\n").filter((one) => one !== "")) {
    const [, name = "", word = "", value = ""] = /^(\S+) (\S+) ?(.*)$/.exec(line) ?? [];
    lines.set(name, [...(lines.get(name) ?? []), [word, value]]);
  }
  return new Map([...lines].map(([name, told]) => [name, account(name, told)]));
}

function account(name: string, told: readonly (readonly [string, string])[]): Account {
  const all = (word: string) => told.flatMap(([is, value]) => (is === word ? [value] : []));
  const has = (word: string) => all(word).length > 0;
  const [, , uid = "", , comment = "", home = "", shell = ""] = (all("passwd")[0] ?? "").split(":");
  const group = all("group")[0] ?? "";
  const groups = (all("groups")[0] ?? "").split(" ").filter((one) => one !== "");
  if (has("link")) throw new UserError(`${all("link")[0] ?? ""} of ${name} is, or holds, a symbolic link: remove it`);
  return {
    uid,
    group,
    comment,
    home,
    shell,
    groups: groups.filter((one) => one !== group),
    sudoGroups: groups.filter((one) => all("granted").includes(one)),
    locked: has("locked"),
    keys: has("file") ? all("key") : undefined,
    looseKeys: all("loose"),
    sudo: all("sudo"),
    made: has("made"),
  };
}
