# Containers that run: what LXC is told, and what is plugged in and out while they do.
package PctRun;
use strict;
use warnings;
use Exporter 'import';
use PctConfig qw(print_mount);
use PctDisks qw(path_of);
use Pve qw(make_path slurp run);

our @EXPORT_OK = qw(is_running pid_of write_config plug_net unplug_net plug_mount plug_device limit root_of must);

sub is_running { slurp('/proc/net/unix') =~ m|\@/var/lib/lxc/$_[0]/command$|m ? 1 : 0 }
sub pid_of { my (undef, $printed) = run('lxc-info', '-n', $_[0], '-p', '-H'); my ($pid) = $printed =~ /(\d+)/; return $pid }
sub root_of { my ($conf) = @_; return $conf->{unprivileged} ? 100000 : 0 }
sub must { my ($fine, $printed, $said) = run(@_); die "command '@_' failed: $said\n" if !$fine; return $printed }
sub net { my ($text) = @_; return { map { split /=/, $_, 2 } split /,/, $text } }
sub mount { my ($text) = @_; my ($what, %is) = map { /^([^=]+)=(.*)$/ ? ($1, $2) : $_ } split /,/, $text; return { volume => $what, %is } }
sub source { my ($mount) = @_; return $mount->{volume} =~ m|^/| ? $mount->{volume} : path_of($mount->{volume}) }

# The configuration that LXC starts a container with.
sub write_config {
  my ($id, $conf) = @_;
  my @lines = ('lxc.cgroup.relative = 0', "lxc.cgroup.dir.monitor = lxc.monitor/$id", "lxc.cgroup.dir.container = lxc/$id",
    'lxc.cgroup.dir.container.inner = ns', 'lxc.arch = linux64', 'lxc.uts.name = ' . ($conf->{hostname} // "CT$id"));
  my $type = $conf->{ostype} // 'unmanaged';
  push @lines, map { "lxc.include = $_" } grep { -e } "/usr/share/lxc/config/$type.common.conf", $conf->{unprivileged} ? "/usr/share/lxc/config/$type.userns.conf" : ();
  my @raw = @{ $conf->{lxc} // [] };
  push @lines, map { "lxc.idmap = $_ 0 100000 65536" } $conf->{unprivileged} && !grep({ $_->[0] eq 'lxc.idmap' } @raw) ? qw(u g) : ();
  push @lines, 'lxc.apparmor.profile = unconfined' if !grep { $_->[0] eq 'lxc.apparmor.profile' } @raw;
  push @lines, 'lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed', 'lxc.tty.max = ' . ($conf->{tty} // 2);
  my ($memory, $swap) = map { 1024 * 1024 * $_ } $conf->{memory} // 512, $conf->{swap} // 512;
  push @lines, "lxc.cgroup2.memory.max = $memory", "lxc.cgroup2.memory.swap.max = $swap";
  push @lines, 'lxc.cgroup2.cpu.max = ' . int(100000 * $conf->{cpulimit}) . ' 100000' if $conf->{cpulimit};
  push @lines, "lxc.cgroup2.cpu.weight = " . ($conf->{cpuunits} // 100);
  push @lines, 'lxc.rootfs.path = dir:' . source(mount($conf->{rootfs}));
  for my $key (sort grep { /^mp\d+$/ } keys %$conf) {
    my $mount = mount($conf->{$key});
    my $options = join ',', 'bind', 'create=dir', $mount->{ro} ? 'ro' : ();
    push @lines, 'lxc.mount.entry = ' . join ' ', source($mount), $mount->{mp} =~ s|^/+||r, 'none', $options, 0, 0;
  }
  for my $key (sort grep { /^dev\d+$/ } keys %$conf) {
    my ($path) = $conf->{$key} =~ m|(/dev/[^,]+)|;
    push @lines, 'lxc.mount.entry = ' . join ' ', $path, $path =~ s|^/||r, 'none', 'bind,create=file', 0, 0;
  }
  for my $key (sort grep { /^net\d+$/ } keys %$conf) {
    my $net = net($conf->{$key});
    my ($n) = $key =~ /(\d+)/;
    my %is = (type => 'veth', 'veth.pair' => "veth${id}i$n", name => $net->{name}, hwaddr => $net->{hwaddr}, link => $net->{bridge}, flags => 'up', mtu => $net->{mtu});
    $is{'ipv4.address'} = $net->{ip} if ($net->{ip} // '') =~ m|/|;
    $is{'ipv4.gateway'} = $net->{gw};
    push @lines, map { defined $is{$_} ? "lxc.net.$n.$_ = $is{$_}" : () } sort keys %is;
  }
  push @lines, "lxc.hook.post-stop = /usr/local/lib/pve-stand-in/pct-post-stop";
  push @lines, map { "$_->[0] = $_->[1]" } @raw;
  make_path("/var/lib/lxc/$id/rootfs");
  open my $file, '>', "/var/lib/lxc/$id/config" or die "unable to write LXC config - $!\n";
  print $file map { "$_\n" } @lines;
}

# Interfaces: veth pairs, one end of which is put into the container.
sub plug_net {
  my ($id, $n, $text) = @_;
  my ($net, $pid, $veth) = (net($text), pid_of($id), "veth${id}i$n");
  die "bridge '$net->{bridge}' does not exist\n" if !-d "/sys/class/net/$net->{bridge}";
  must('ip', 'link', 'add', $veth, 'type', 'veth', 'peer', 'name', "${veth}p", 'address', $net->{hwaddr});
  must('ip', 'link', 'set', $veth, 'master', $net->{bridge}, 'up');
  must('ip', 'link', 'set', "${veth}p", 'netns', $pid, 'name', $net->{name});
  must('nsenter', '-t', $pid, '-n', 'ip', 'link', 'set', $net->{name}, 'up');
  must('nsenter', '-t', $pid, '-n', 'ip', 'address', 'add', $net->{ip}, 'dev', $net->{name}) if ($net->{ip} // '') =~ m|/|;
  run('nsenter', '-t', $pid, '-n', 'ip', 'route', 'add', 'default', 'via', $net->{gw}) if defined $net->{gw};
}

sub unplug_net { my ($id, $n) = @_; run('ip', 'link', 'delete', "veth${id}i$n") }

my %CALL = (open_tree => 428, move_mount => 429, setns => 308, mount => 165, exit_group => 231);

# A mount that is made on the host and moved into the container's mount namespace.
sub bind_into {
  my ($id, $source, $target, $readonly) = @_;
  my $pid = pid_of($id);
  my $child = fork // die "fork: $!\n";
  if ($child) { waitpid $child, 0; die "unable to mount $source at $target in container $id\n" if $?; return }
  my ($nothing, $none) = ('', 'none');
  my $tree = syscall $CALL{open_tree}, -100, $source, 0x80001; # OPEN_TREE_CLONE, close on exec
  open my $namespace, '<', "/proc/$pid/ns/mnt";
  my $fine = $tree >= 0 && syscall($CALL{setns}, fileno $namespace, 0) == 0
    && syscall($CALL{move_mount}, $tree, $nothing, -100, $target, 4) == 0
    && (!$readonly || syscall($CALL{mount}, $none, $target, $none, 0x1021, 0) == 0); # remount, bind, read-only
  syscall $CALL{exit_group}, $fine ? 0 : 1; # Perl's own exit would look for modules where there are none
}

sub plug_mount {
  my ($id, $conf, $text) = @_;
  my $mount = mount($text);
  my $target = '/' . $mount->{mp} =~ s|^/+||r;
  make_path("/proc/" . pid_of($id) . "/root$target", root_of($conf));
  bind_into($id, source($mount), $target, $mount->{ro});
}

sub plug_device {
  my ($id, $path) = @_;
  my $file = '/proc/' . pid_of($id) . "/root$path";
  make_path($file =~ s|/[^/]*$||r);
  if (!-e $file) { open my $made, '>', $file or die "$path: $!\n" }
  bind_into($id, $path, $path, 0);
}

# Limits of the container's cgroup.
sub limit {
  my ($id, $name, $value) = @_;
  open my $file, '>', "/sys/fs/cgroup/lxc/$id/$name" or die "can't open cgroup file '$name' - $!\n";
  syswrite $file, $value or die "unable to write cgroup value $name - $!\n";
}

1;
