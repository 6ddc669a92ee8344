# What pct knows of a container's file: its options, how they are written, what waits for a restart, and the lock.
package PctConfig;
use strict;
use warnings;
use Exporter 'import';
use Fcntl ':flock';
use Pve qw(boolean slurp words from_utf8 to_utf8 nodename);

our @EXPORT_OK = qw(%OPTIONS path load save locked check_lock properties print_properties print_net print_mount encode
  format_size parse_size vmid volumes);

sub integer { my ($min, $max) = @_; sub {
  $_[0] =~ /^-?\d+$/ or die "type check ('integer') failed - got '$_[0]'\n";
  $_[0] >= $min or die "value must have a minimum value of $min\n";
  !defined $max || $_[0] <= $max or die "value must have a maximum value of $max\n";
  0 + $_[0] } }
sub one_of { my @all = @_; sub { (grep { $_ eq $_[0] } @all) ? $_[0] : die "value '$_[0]' does not have a value in the enumeration '" . join(', ', @all) . "'\n" } }
sub text { $_[0] }
sub number { $_[0] =~ /^\d+(\.\d+)?$/ ? $_[0] : die "type check ('number') failed - got '$_[0]'\n" }
my $LABEL = qr/[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?/;
sub dns_name { $_[0] =~ /^$LABEL(\.$LABEL)*$/ ? $_[0] : die "invalid format - value does not look like a valid DNS name\n\n" }

sub tags {
  my %seen;
  for my $tag (words($_[0])) { $tag =~ /^[a-zA-Z0-9_][a-zA-Z0-9_+.-]*$/ or die "invalid format - invalid characters in tag\n\n"; $seen{ lc $tag } = 1 }
  return join ';', sort keys %seen;
}

# The properties of an option: name => pattern; those of `flags` are booleans.
my %NET = (name => qr/[-_.\w]+/, bridge => qr/[-_.\w]+/, hwaddr => qr/[0-9a-f][02468ace](:[0-9a-f]{2}){5}/i, type => qr/veth/,
  ip => qr/(dhcp|manual|[\d.]+\/\d+)/, gw => qr/[\d.]+/, ip6 => qr/(auto|dhcp|manual|[0-9a-f:]+\/\d+)/i, gw6 => qr/[0-9a-f:]+/i,
  firewall => 'flag', link_down => 'flag', tag => qr/\d+/, trunks => qr/\d+(;\d+)*/, mtu => qr/\d+/, rate => qr/\d+(\.\d+)?/);
my %ROOT = (volume => qr/\S+/, size => qr/\d+(\.\d+)?[KMGT]?/, acl => 'flag', mountoptions => qr/\w+(;\w+)*/, quota => 'flag',
  replicate => 'flag', ro => 'flag', shared => 'flag');
my %MOUNT = (%ROOT, mp => qr/\S+/, backup => 'flag');
my %DEV = (path => qr|/dev/\S+|, mode => qr/0[0-7]{3}/, uid => qr/\d+/, gid => qr/\d+/, 'deny-write' => 'flag');
my %FEATURES = (mount => qr/[a-zA-Z0-9_; ]+/, map { $_ => 'flag' } qw(nesting keyctl fuse mknod force_rw_sys));
my %STARTUP = (order => qr/\d+/, up => qr/\d+/, down => qr/\d+/);

# A value of several properties; what it does not know is an error.
sub properties {
  my ($text, $known, $default, @needed) = @_;
  my (%is, @wrong);
  for my $part (grep { length } split /,/, $text) {
    my ($key, $value) = $part =~ /^([^=]+)=(.*)$/ ? ($1, $2) : ($default, $part);
    my $pattern = defined $key ? $known->{$key} : undef;
    defined $pattern or die "invalid format - format error\n", defined $key ? $key : 'value', ": property is not defined in schema and the schema does not allow additional properties\n\n";
    if (!ref $pattern) { $is{$key} = boolean($value) }
    elsif ($value =~ /^$pattern$/) { $is{$key} = $value }
    else { die "invalid format - format error\n$key: value does not match the regex pattern\n\n" }
  }
  for my $key (@needed) { push @wrong, "$key: property is missing and it is not optional\n" if !defined $is{$key} }
  die 'format error', "\n", @wrong if @wrong;
  return \%is;
}

sub print_properties {
  my ($is, $default, @first) = @_;
  my %rest = %$is;
  my @words = defined $default && defined $rest{$default} ? delete $rest{$default} : ();
  for my $key (@first, sort keys %rest) { my $value = delete $rest{$key}; push @words, "$key=$value" if defined $value }
  return join ',', @words;
}

sub verbatim { my ($known, $default, @needed) = @_; sub { properties($_[0], $known, $default, @needed); $_[0] } }
sub parse_net { properties($_[0], \%NET, undef, 'name') }
sub parse_mount { properties($_[0], $_[1] ? \%ROOT : \%MOUNT, 'volume', 'volume', $_[1] ? () : 'mp') }

sub print_net {
  my ($net) = @_;
  $net->{hwaddr} //= sprintf 'BC:24:11:%02X:%02X:%02X', map { int rand 256 } 1 .. 3;
  return print_properties({ %$net, type => 'veth' }, undef, 'name', 'bridge');
}
sub print_mount { print_properties($_[0], 'volume', 'mp') }

our %OPTIONS = (
  arch => one_of(qw(amd64 i386 arm64 armhf riscv32 riscv64)), cmode => one_of(qw(shell console tty)), console => \&boolean,
  cores => integer(1, 8192), cpulimit => \&number, cpuunits => integer(0, 500000), debug => \&boolean, description => \&text,
  entrypoint => \&text, features => verbatim(\%FEATURES), hookscript => \&text, hostname => \&dns_name,
  lock => one_of(qw(backup create destroyed disk fstrim migrate mounted rollback snapshot snapshot-delete)),
  memory => integer(16), nameserver => sub { join ' ', words($_[0]) }, onboot => \&boolean,
  ostype => one_of(qw(debian devuan ubuntu centos fedora opensuse archlinux alpine gentoo nixos unmanaged)),
  protection => \&boolean, rootfs => verbatim(\%ROOT, 'volume', 'volume'), searchdomain => sub { join ' ', words($_[0]) },
  startup => verbatim(\%STARTUP, 'order'), swap => integer(0), tags => \&tags, timezone => \&text, tty => integer(0, 6),
  unprivileged => \&boolean,
  (map { ("net$_" => sub { parse_net($_[0]); $_[0] }) } 0 .. 31),
  (map { ("mp$_" => sub { parse_mount($_[0]); $_[0] }, "dev$_" => verbatim(\%DEV, 'path', 'path'), "unused$_" => \&text) } 0 .. 255),
);

sub vmid { $_[0] =~ /^[1-9]\d{2,8}$/ ? 0 + $_[0] : die "type check ('integer') failed - got '$_[0]'\n" }
sub path { "/etc/pve/nodes/" . nodename() . "/lxc/$_[0].conf" }

sub load {
  my ($id) = @_;
  my $node = nodename();
  -e path($id) or die "Configuration file 'nodes/$node/lxc/$id.conf' does not exist\n";
  my $conf = { pending => {}, snapshots => {} };
  my $at = $conf;
  for my $line (split /\n/, from_utf8(slurp(path($id)))) {
    if ($line =~ /^\[pve:pending\]\s*$/i) { $at = $conf->{pending} }
    elsif ($line =~ /^\[([a-z][a-z0-9_-]+)\]\s*$/i) { $at = $conf->{snapshots}{$1} = {} }
    elsif ($line =~ /^#(.*)$/) { ($at->{description} //= '') .= decode($1) . "\n" }
    elsif ($line =~ /^(lxc\.[a-z0-9_.-]+)(?::|\s*=)\s*(.*?)\s*$/) { push @{ $at->{lxc} }, [$1, $2] }
    elsif ($line =~ /^([a-z][a-z_]*\d*):\s*(.*?)\s*$/) { $at->{$1} = $2 }
    elsif ($line =~ /\S/) { warn "vm $id - unable to parse config: $line\n" }
  }
  return $conf;
}

sub encode { my ($text) = @_; join '', map { /^[ -\$&-9;-~]$/ ? $_ : join '', map { sprintf '%%%02X', ord } split //, to_utf8($_) } split //, $text }
sub decode { my ($text) = @_; $text = to_utf8($text); $text =~ s/%([0-9A-F]{2})/chr hex $1/gei; from_utf8($text) }

sub section {
  my ($conf) = @_;
  my $text = join '', map { '#' . encode($_) . "\n" } split /\n/, $conf->{description} // '';
  for my $key (sort keys %$conf) { $text .= "$key: $conf->{$key}\n" if !ref $conf->{$key} && $key ne 'description' }
  return $text . join '', map { "$_->[0]: $_->[1]\n" } @{ $conf->{lxc} // [] };
}

sub save {
  my ($id, $conf) = @_;
  my %used = map { $_ => 1 } volumes($conf);
  for my $key (grep { /^unused/ } keys %$conf) { delete $conf->{$key} if $used{ $conf->{$key} } }
  my $text = section($conf);
  $text .= "\n[pve:pending]\n" . section($conf->{pending}) if %{ $conf->{pending} };
  $text .= "\n[$_]\n" . section($conf->{snapshots}{$_}) for sort keys %{ $conf->{snapshots} };
  my $new = path($id) . ".tmp.$$";
  open my $file, '>:utf8', $new or die "unable to open file '$new' - $!\n";
  print $file $text and close $file or die "unable to write '$new' - $!\n";
  rename $new, path($id) or die "unable to rename '$new' - $!\n";
}

# Volumes that a section mounts.
sub volumes { my ($conf) = @_; map { my ($volume) = $conf->{$_} =~ /^(?:volume=)?([^,]+)/; $volume =~ m|^/| ? () : $volume } grep { /^(mp\d+|rootfs)$/ } keys %$conf }

# One at a time has a container in hand; whoever waits longer than ten seconds gives up.
sub locked {
  my ($id, $act, $out) = @_;
  $out //= \*STDERR;
  my $path = "/run/lock/lxc/pve-config-$id.lock";
  mkdir '/run/lock/lxc';
  open my $lock, '>>', $path or die "can't open lock file '$path' - $!\n";
  if (!flock $lock, LOCK_EX | LOCK_NB) {
    local $| = 1;
    print $out "trying to acquire lock...\n";
    my $got = eval { local $SIG{ALRM} = sub { die "timeout\n" }; alarm 10; my $is = flock $lock, LOCK_EX; alarm 0; $is };
    $got or die "can't lock file '$path' - got timeout\n";
    print $out " OK\n";
  }
  return $act->();
}

sub check_lock { my ($conf) = @_; die "CT is locked ($conf->{lock})\n" if defined $conf->{lock} }

sub parse_size { my ($text) = @_; my ($number, $unit) = $text =~ /^(\d+(?:\.\d+)?)([KMGT]?)$/ or die "invalid size: $text\n"; $number * 1024 ** index('_KMGT', $unit || '_') }
sub format_size { my ($size) = @_; for my $unit (qw(T G M K)) { my $one = 1024 ** index('_KMGT', $unit); return $size / $one . $unit if $size >= $one && $size % $one == 0 } return $size }

1;
