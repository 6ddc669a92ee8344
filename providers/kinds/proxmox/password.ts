/** Passwords of users whom Proxmox VE knows itself: the realm pve. */
import { script, withStdin, withTimeLimit, type Command, type Secret } from "../../host/command.ts";

export const PVE_REALM = "@pve";

/** Why Proxmox VE would not take it. */
export function unfit(name: string, password: Secret): string[] {
  const text = password.reveal();
  const fits = text.length >= 8 && text.length <= 64 && !/[\u0000-\u001f\u007f]/.test(text);
  return fits ? [] : [`the secret ${name} must have 8 to 64 characters, and no line ends or control characters`];
}

/** Prints `same` when the user has the password that comes on standard input. */
export function comparePassword(userid: string, password: Secret): Command {
  return withStdin(script("compare-realm-password", COMPARE, [userid.slice(0, -PVE_REALM.length)]), password);
}

// The file has `name:hash:` lines; the hash says how to make it. What is in no file is in no process's arguments either.
const COMPARE = `
[ -f /etc/pve/priv/shadow.cfg ] || exit 0
exec perl -e '
  my $name = shift;
  my $password = do { local $/; <STDIN> };
  open my $file, "<", "/etc/pve/priv/shadow.cfg" or die "/etc/pve/priv/shadow.cfg: $!\\n";
  while (<$file>) {
    my ($of, $hash) = split /:/;
    next if $of ne $name || !$hash;
    my $is = crypt($password, $hash);
    print defined $is && $is eq $hash ? "same\\n" : "differs\\n";
  }
' "$1"
`;

export function setPassword(userid: string, password: Secret): Command {
  return withTimeLimit(withStdin(script("pveum-passwd", SET, [userid]), password), 600);
}

// Where it is not at a terminal, pveum reads the password and its repetition as lines. printf is the shell's own.
const SET = `
IFS= read -r password || [ -n "$password" ]
printf '%s\\n%s\\n' "$password" "$password" | flock -w 500 /run/lock/phoenix-pveum.lock pveum passwd "$1"
`;
