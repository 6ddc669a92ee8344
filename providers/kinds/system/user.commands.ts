/** The commands that change accounts. */
import { script, sh, withStdin, withTimeLimit, type Command, type Secret } from "../../host/command.ts";
import { removeFile, writeFile } from "../../host/file.ts";
import { MADE, sudoers } from "./user.facts.ts";
import type { UserSpec } from "./user.spec.ts";

/**
 * One change of the account files at a time: the shadow tools fail at once when another has them locked. Others that
 * change them are waited for, a minute at most; so are processes of an account that is to be changed, such as those that
 * sshd has for a moment after a logout.
 */
const IN_TURN = `
exec 9>/run/lock/phoenix-accounts
flock 9
in_turn() {
  tries=60
  until said=$("$@" 2>&1)
  do
    tries=$((tries - 1))
    case $said in *'cannot lock'* | *'used by process'*) ;; *) tries=0 ;; esac
    if [ $tries -le 0 ]; then printf '%s\\n' "$said" >&2; return 1; fi
    sleep 1
  done
}
`;

/** A command that changes the account files with `in_turn`, and may have to wait for many others. */
export function inTurn(name: string, text: string, args: readonly string[]): Command {
  return withTimeLimit(script(name, `${IN_TURN}${text}`, args), 600);
}

/** Makes the account, and writes down that it is ours. */
export function add(spec: UserSpec): Command {
  const { name, uid, group, groups, home, shell, comment, system } = spec;
  return inTurn("add-user", ADD, [
    name,
    ...(uid === undefined ? [] : ["--uid", String(uid)]),
    ...(group === undefined ? ["--user-group"] : ["--gid", group]),
    ...(groups.length === 0 ? [] : ["--groups", groups.join(",")]),
    ...(home === undefined ? [] : ["--home-dir", home]),
    ...(shell === undefined ? [] : ["--shell", shell]),
    ...(comment === undefined ? [] : ["--comment", comment]),
    ...(system ? ["--system"] : ["--create-home"]),
  ]);
}

const ADD = `
name=$1
shift
in_turn useradd "$@" -- "$name"
mkdir -p -m 755 ${MADE}
: >"${MADE}/$name"
`;

export function modify(name: string, options: readonly string[]): Command {
  return inTurn("usermod", 'in_turn usermod "$@"', [...options, "--", name]);
}

/** Deletes an account that we made; the home folder stays unless told. */
export function remove(name: string, withHome: boolean): Command {
  return inTurn("delete-user", DELETE, [name, ...(withHome ? ["-r"] : [])]);
}

const DELETE = `
name=$1
shift
in_turn userdel "$@" -- "$name"
rm -f -- "${MADE}/$name"
`;

/** Prints `same` when the account has the hash that comes on standard input. */
export function comparePassword(name: string, hash: Secret): Command {
  return withStdin(script("compare-password", COMPARE, [name]), hash);
}

// printf and read are the shell's own: the hash is in no process's arguments.
const COMPARE = `
IFS= read -r hash || [ -n "$hash" ]
is=$(getent -s files shadow -- "$1" | cut -d : -f 2)
if [ "$is" = "$hash" ]; then echo same; else echo differs; fi
`;

export function setPassword(name: string, hash: Secret): Command {
  return withStdin(inTurn("set-password", SET, [name]), hash);
}

const SET = `
IFS= read -r hash || [ -n "$hash" ]
case $hash in
  *[!A-Za-z0-9./\\$=,_-]* | '') echo 'the secret is no crypt(5) hash; make one with: openssl passwd -6' >&2; exit 1 ;;
  '$'*'$'*) ;;
  *) echo 'the secret is no crypt(5) hash; make one with: openssl passwd -6' >&2; exit 1 ;;
esac
change() { printf '%s:%s\\n' "$1" "$hash" | chpasswd -e; }
in_turn change "$1"
`;

/** Writes ~/.ssh/authorized_keys; without lines: an empty file. */
export function writeKeys(name: string, lines: readonly string[]): Command {
  return withStdin(script("write-keys", KEYS, [name, String(lines.length)]), lines.map((line) => `${line}\n`).join(""));
}

// A connection that breaks ends standard input early: the number of lines tells. While we write, the folder is root's:
// what its owner could put in our way there would be written to, and given away.
const KEYS = `
entry=$(getent -s files passwd -- "$1")
home=$(printf '%s\\n' "$entry" | cut -d : -f 6)
owner=$(printf '%s\\n' "$entry" | cut -d : -f 3,4)
[ -d "$home" ] || { echo "the home folder $home is not there" >&2; exit 1; }
cd -P -- "$home"
home=$(pwd -P)
if [ -L .ssh ] || [ -L .ssh/authorized_keys ]; then echo "$home/.ssh is, or holds, a symbolic link: remove it" >&2; exit 1; fi
umask 077
[ -d .ssh ] || mkdir .ssh
cd -P .ssh
[ "$(pwd -P)" = "\${home%/}/.ssh" ] || { echo "$home/.ssh became another folder meanwhile" >&2; exit 1; }
temp=.authorized_keys.phoenix-new
trap 'rm -f $temp; chown -- "$owner" .; chmod 700 .' EXIT
chown root:root .
chmod 755 .
rm -f $temp
cat >$temp
[ "$(wc -l <$temp)" = "$2" ] || { echo 'the keys did not arrive whole' >&2; exit 1; }
chown -- "$owner" $temp
chmod 600 $temp
sync $temp
mv -fT $temp authorized_keys
`;

/** Writes the sudoers drop-in, once visudo has taken it; without rules it goes. */
export function writeSudo(name: string, rules: readonly string[]): Command {
  if (rules.length === 0) return removeFile(sudoers(name));
  const text = rules.map((rule) => `${name} ${rule}\n`).join("");
  return writeFile(sudoers(name), text, { mode: "440", check: sh`visudo -c -f` });
}
