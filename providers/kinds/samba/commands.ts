/**
 * The commands that change Samba's configuration.
 *
 * Each share, and the server's own parameters, are a file of their own in /etc/samba, which the last line of smb.conf
 * includes by way of a list: Samba takes the last value it reads, and has no wildcards. Not Samba's registry: there a change counts before testparm has seen
 * it, and neither an editor nor a backup of /etc shows it.
 */
import { createHash } from "node:crypto";
import { script, withStdin, type Command } from "../../host/command.ts";
import type { Batch } from "../../kind.ts";
import type { Ownership } from "../directory.ts";
import { INDEX, NOTICE, SMB_CONF } from "./smb-conf.ts";

/** The directory that a share leads to, and what of it is declared. */
export interface Root extends Ownership {
  readonly path: string;
}

/** A change of one of our files: its new content, or none to take it away. */
export interface Edit {
  readonly file: string;
  readonly content?: string;
  /** The share's name: sections of smb.conf that have it give way to our file. */
  readonly section?: string;
  readonly root?: Root;
}

/**
 * Brings our files and smb.conf's includes of them to what is wished, once testparm has taken the whole, for all
 * shares that change at the same time. Running daemons read it again; open sessions go on.
 */
export function configure(edit: Edit): Batch {
  return { items: [JSON.stringify(edit)], command: (items) => apply(items.map((item) => JSON.parse(item) as Edit)) };
}

function apply(edits: readonly Edit[]): Command {
  const args = edits.flatMap(({ file, content, section = "", root }) => {
    const { path = "", owner = "", group = "", mode = "" } = root ?? {};
    const length = content === undefined ? "" : String(Buffer.byteLength(content));
    return [file, length, section, path, String(owner), String(group), mode === "" ? "" : mode.padStart(5, "0")];
  });
  const contents = edits.map(({ content = "" }) => content).join("");
  const digest = createHash("sha256").update(contents).digest("hex");
  const label = `samba-config ${edits.map(({ file, content }) => (content === undefined ? `-${file}` : file)).join(" ")}`;
  return withStdin({ ...script("samba-config", CONFIGURE, [digest, ...args]), label }, contents);
}

/** What stands above our include in smb.conf. */
export const MARK = "# phoenix-hypervisor manages this file: what is changed in it by hand is changed back.";

// Prints smb.conf (standard input) without our include and without some sections, then the include of $include. Writes
// to the file $index includes of our files. The last arguments are pairs of file and section: an edited file is in the
// folder $as, empty where it is to go. Every other byte of smb.conf stays: the line's end before the mark belongs to
// the mark, so that a last line without one can be put back.
const COMPOSE = `
my ($as, $index, $include, %edits) = @ARGV;
my ($mark, $notice) = ("${MARK}", "${NOTICE}");
local $/;
my ($text, $head, $joint) = (<STDIN> // "", "", "");
$text =~ s/^[ \\t]*include[ \\t]*=[ \\t]*\\/etc\\/samba\\/phoenix[-.][^\\n]*(?:\\n|\\z)//mg;
if ($text =~ /\\A(.*?)\\n?^\\Q$mark\\E\\n(?:[ \\t]*\\[global\\][ \\t]*\\n)?(.*)\\z/ms) {
  ($head, my $tail) = ($1, $2);
  $joint = "\\n" unless $tail eq "" || $head =~ /(?:\\A|\\n)\\z/;
  $text = $head . $joint . $tail;
}
sub plain { my $name = lc shift; $name =~ s/\\s+/ /g; $name =~ s/^ | $//g; $name }
my %gone = map { (plain($_) => 1) } grep { $_ ne "" } values %edits;
my ($out, $held, $in) = ("", "", 0);
while ($text =~ /\\G((?:[^\\n\\\\]+|\\\\\\n|\\\\)*\\n?)/g) {
  my $line = $1;
  last if $line eq "";
  if ($line =~ /^\\s*\\[([^\\]]*)\\]/) {
    $in = $gone{plain($1)};
    # Comments between the last parameter and the next section are about the next section.
    $out .= $held unless $in;
    $held = "";
  }
  if (!$in) { $out .= $line }
  elsif ($line =~ /^\\s*(?:[#;].*)?$/s) { $held .= $line }
  else { $held = "" }
}
$out .= $held;
$out = $head if $joint ne "" && $out eq "$head\\n";
die "its last line ends in a backslash: end that line\\n" if $out =~ /\\\\\\z/;
opendir(my $dir, "/etc/samba") or die "/etc/samba: $!\\n";
my %mine = map { ("/etc/samba/$_" => "/etc/samba/$_") } grep { /^phoenix-.*[.]conf$/ } readdir $dir;
for my $file (keys %edits) {
  my $new = $as . substr($file, length "/etc/samba");
  if (-s $new) { $mine{$file} = $include eq $index ? $new : $file } else { delete $mine{$file} }
}
my @mine = sort { ($b =~ /-global[.]conf$/) <=> ($a =~ /-global[.]conf$/) || $a cmp $b } keys %mine;
open(my $list, ">", $index) or die "$index: $!\\n";
# Each in [global]: else testparm would show an include as a parameter of the share before it.
print $list $notice, "\\n", map { "[global]\\ninclude = $mine{$_}\\n" } @mine if @mine;
close($list) or die "$index: $!\\n";
print $out;
print "\\n$mark\\n[global]\\ninclude = $include\\n" if @mine;
`;

// One run at a time, for several may come at once. Until testparm has spoken, all is in a folder of its own.
const CONFIGURE = `
umask 022
conf=${SMB_CONF} new=/etc/samba/.phoenix-new digest=$1
shift
refuse() { printf '%s\\n' "$*" >&2; exit 1; }
exec 9>/run/lock/phoenix-samba.lock
flock -w 100 9 || refuse 'another change of the Samba configuration does not come to an end on the host'
rm -rf -- "$new"
mkdir -m 700 -- "$new"
trap 'rm -rf -- "$new"' EXIT
trap 'exit 1' HUP INT PIPE TERM
regular() {
  [ ! -L "$1" ] || refuse "$1 is a symbolic link, and what it leads to is not ours: remove the link"
  [ ! -e "$1" ] || [ -f "$1" ] || refuse "$1 is not a regular file: move it away"
}
each() { # calls $1 with the seven arguments of each change
  call=$1
  shift
  while [ $# -gt 0 ]; do "$call" "$1" "$2" "$3" "$4" "$5" "$6" "$7"; shift 7; done
}
receive() {
  regular "$1"
  [ -z "$4" ] || [ -d "$4" ] || refuse "$4 is no directory: create and mount the dataset, or make the directory, first"
  head -c "\${2:-0}" >"$new/\${1##*/}"
}
names() { printf '%s\\0%s\\0' "$1" "$3"; }
is() { case " $(stat -L -c "$3" -- "$1") " in *" $2 "*) ;; *) return 1 ;; esac; }
own() {
  [ -z "$5" ] || is "$4" "$5" '%U %u' || chown -- "$5" "$4"
  [ -z "$6" ] || is "$4" "$6" '%G %g' || chgrp -- "$6" "$4"
  [ -z "$7" ] || [ "$(stat -L -c %a -- "$4" | sed 's/^/0000/;s/.*\\(.....\\)$/\\1/')" = "$7" ] || chmod -- "$7" "$4"
}
put() { cmp -s -- "$1" "$2" || { sync -- "$1"; mv -fT -- "$1" "$2"; changed=yes; }; }
deliver() { [ -z "$2" ] || put "$new/\${1##*/}" "$1"; }
discard() { [ -n "$2" ] || [ ! -e "$1" ] || { rm -f -- "$1"; changed=yes; }; }
compose() { xargs -0 -a "$new/names" perl -e '${COMPOSE}' -- "$new" "$1" "$2" <"$new/before" || refuse "$conf was left as it was"; }

regular "$conf"
regular ${INDEX}
if [ -e "$conf" ]; then cp -p -- "$conf" "$new/before"; else : >"$new/before"; fi
cp -p -- "$new/before" "$new/after"
cat >"$new/contents"
[ "$(sha256sum <"$new/contents" | cut -c 1-64)" = "$digest" ] || refuse 'nothing was changed: the new content did not arrive whole'
each receive "$@" <"$new/contents"
each names "$@" >"$new/names"
compose "$new/rehearsal" "$new/rehearsal" >"$new/candidate"
compose "$new/index" ${INDEX} >"$new/after"
said=$(testparm -sl "$new/candidate" 2>&1 >/dev/null) || refuse "testparm refuses it: $said"
# Of a parameter that this Samba does not know, testparm says so and goes on.
case $said in *'unknown parameter'*)
  cat "$new"/phoenix-*.conf >"$new/ours"
  ! unknown=$(testparm -sl "$new/ours" 2>&1 >/dev/null | grep 'gnoring unknown') || refuse "testparm: $unknown"
esac
changed=
each own "$@"
each deliver "$@"
if [ -s "$new/index" ]; then put "$new/index" ${INDEX}; gone=; else gone=${INDEX}; fi
put "$new/after" "$conf"
[ -z "$gone" ] || rm -f -- "$gone"
each discard "$@"
sync -- /etc/samba
[ -z "$changed" ] || ! systemctl is-active --quiet smbd.service || smbcontrol smbd reload-config
[ -z "$changed" ] || ! systemctl is-active --quiet nmbd.service || smbcontrol nmbd reload-config
`;
