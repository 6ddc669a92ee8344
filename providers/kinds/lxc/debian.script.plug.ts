/** The function of the script that mounts something into a container that runs on plain Debian. A constant. */

/** Bits of mount_setattr(2), by the words of mount options. */
const ATTRIBUTES: Readonly<Record<string, number>> = {
  ...{ ro: 1, nosuid: 2, nodev: 4, noexec: 8, noatime: 16 },
  idmap: 0x100000,
};

/** The sum that {@link PLUG} takes for mount options; others mean nothing to a mount that is a copy. */
export function attributesOf(options: readonly string[]): number {
  return options.reduce((sum, option) => sum + (ATTRIBUTES[option] ?? 0), 0);
}

// No tool of Debian's takes a mount from one mount namespace into another, which the kernel can; its Perl has system
// calls. The target is looked up, and made, with the rights of the container's root.
const PERL = `
my ($machine, $pid, $source, $target, $attributes, $uid, $gid, $kind) = @ARGV;
my %setns = (x86_64 => 308, aarch64 => 268);
my ($nothing, $here) = ("", -100);
my $fail = sub { die "cannot mount $source at $target of the running container: $_[0]: $!\\n" };
my $tree = syscall 428, $here, $source, 0x80001;
$tree >= 0 or $fail->("open_tree");
my ($map, $users) = $attributes & 0x100000;
!$map or open $users, "<", "/proc/$pid/ns/user" or $fail->("its users");
my $set = pack "QQQQ", $attributes + 0, $attributes & 16 ? 0x70 : 0, 0, $map ? fileno $users : 0;
syscall(442, $tree, $nothing, 0x1000, $set, 32) == 0 or $fail->("mount_setattr");
open my $space, "<", "/proc/$pid/ns/mnt" or $fail->("its mounts");
defined $setns{$machine} && syscall($setns{$machine}, fileno $space, 0) == 0 or $fail->("setns");
$) = "$gid $gid"; $> = $uid;
my ($path, @parts) = ("", grep { length } split m|/|, $target);
my $last = pop @parts;
for my $part (@parts) { $path .= "/$part"; -d $path or mkdir $path, 0755 or $fail->($path) }
$path .= "/$last";
if ($kind eq "file") { -e $path or open my $made, ">", $path or $fail->($path) }
else { -d $path or mkdir $path, 0755 or $fail->($path) }
$> = 0; $) = "0 0";
syscall(429, $tree, $nothing, $here, $path, 4) == 0 or $fail->("move_mount");
`;

// As root of the host, but in the container's place: no program of the container's is run.
const OUT = `
my ($machine, $pid, $target) = @ARGV;
my %setns = (x86_64 => 308, aarch64 => 268);
my %umount = (x86_64 => 166, aarch64 => 39);
open my $space, "<", "/proc/$pid/ns/mnt" or die "the mounts of the running container: $!\\n";
defined $setns{$machine} && syscall($setns{$machine}, fileno $space, 0) == 0 or die "setns: $!\\n";
exit 0 if syscall($umount{$machine}, $target, 8) == 0;
exit 16 if $! == 16;
die "cannot unmount $target in the running container: $!\\n";
`;

export const PLUG = `
used=
step_out() { # id path: a mount goes at once where nothing uses it
  pid=$(pid_of "$1")
  ! cut -d ' ' -f 5 "/proc/$pid/mountinfo" | grep -qxF -- "$2" || {
    out=0
    perl -e '${OUT}' "$(uname -m)" "$pid" "$2" || out=$?
    case $out in 0) ;; 16) used=yes ;; *) exit 1 ;; esac
  }
}
step_where_used() { [ -z "$used" ] || run_step "$@"; } # step…: where a mount stays
step_into() { # id source path attributes uid gid dir|file entry: at once, as if it had been started with the entry
  pid=$(pid_of "$1")
  perl -e '${PERL}' "$(uname -m)" "$pid" "$2" "$3" "$4" "$5" "$6" "$7"
  before=$started/$1.$(ticks_of "$pid")
  [ ! -e "$before" ] || printf '%s\\n' "lxc.mount.entry = $8" >>"$before"
}
`;
