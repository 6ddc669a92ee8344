# Changes of a container's settings: at once, plugged into a running container, or kept until it stops.
package PctChange;
use strict;
use warnings;
use Exporter 'import';
use PctConfig qw(print_net print_mount format_size volumes);
use PctDisks qw(storage allocate size_of new_disk free_volume path_of);
use PctRun qw(plug_net unplug_net plug_mount plug_device limit root_of);
use Pve 'words';

our @EXPORT_OK = qw(change_settings apply_pending detach parse_mount_text);

my %AT_ONCE = map { $_ => 1 } qw(description onboot startup protection hostname hookscript cores tags lock);

sub deletions { my ($pending) = @_; my @all = words($pending->{delete}); s/^!// for @all; return @all }
sub keep_deletions { my ($pending, @all) = @_; if (@all) { my %once = map { $_ => 1 } @all; $pending->{delete} = join ',', sort keys %once } else { delete $pending->{delete} } }
sub forget_deletion { my ($pending, $key) = @_; keep_deletions($pending, grep { $_ ne $key } deletions($pending)) }

sub change_settings {
  my ($id, $conf, $running, $set, $delete, $revert) = @_;
  my $pending = $conf->{pending};
  for my $key (@$revert) { delete $pending->{$key}; forget_deletion($pending, $key) }
  my %mine;
  for my $key (@$delete) {
    if (!defined $conf->{$key} && !defined $pending->{$key}) { warn "cannot delete '$key' - not set in current configuration!\n"; next }
    die "unable to delete required option '$key'\n" if $key =~ /^(memory|rootfs|ostype)$/;
    die "unable to delete read-only option: '$key'\n" if $key eq 'unprivileged';
    die "can't remove CT $id drive '$key' - protection mode enabled\n" if $key =~ /^(mp|unused)\d+$/ && $conf->{protection};
    $mine{$key} = 1;
    delete $pending->{$key};
    keep_deletions($pending, deletions($pending), $key);
  }
  for my $key (sort keys %$set) {
    die "unable to modify read-only option: '$key'\n" if $key eq 'unprivileged';
    die "can't update CT $id drive '$key' - protection mode enabled\n" if $key =~ /^(mp\d+|rootfs)$/ && $conf->{protection};
    hookscript($set->{$key}) if $key eq 'hookscript';
    if ($key =~ /^dev\d+$/) { my ($path) = $set->{$key} =~ m|(/dev/[^,]+)|; -e $path or die "Device $path does not exist\n" }
    $mine{$key} = 1;
    $pending->{$key} = $set->{$key};
    forget_deletion($pending, $key);
  }
  for my $key (keys %$pending) { delete $pending->{$key} if $key ne 'delete' && defined $conf->{$key} && $conf->{$key} eq $pending->{$key} }
  keep_deletions($pending, grep { defined $conf->{$_} } deletions($pending));
  return $running ? plug($id, $conf, \%mine) : apply_pending($id, $conf, \%mine);
}

sub hookscript {
  my ($volume) = @_;
  my ($on, $name) = $volume =~ m|^([^:]+):snippets/(.+)$| or die "hookscript needs to be in the snippets directory\n";
  -e storage($on)->{path} . "/snippets/$name" or die "script '$volume' does not exist\n";
}

# What the option is when it counts; new volumes are made.
sub settled {
  my ($id, $conf, $key, $text) = @_;
  return print_net(PctConfig::parse_net($text)) if $key =~ /^net\d+$/;
  return $text if $key !~ /^mp\d+$/;
  my $mount = PctConfig::parse_mount($text);
  return print_mount($mount) if $mount->{volume} =~ m|^/|;
  my ($storage, $size) = new_disk($mount->{volume});
  $mount->{volume} = allocate($id, $storage, $size * 1024 ** 3, root_of($conf)) if defined $storage;
  $mount->{size} = format_size(size_of($mount->{volume}));
  return print_mount($mount);
}

# A volume that is no longer mounted is kept as one that is unused.
sub detach {
  my ($conf, $text, $n) = @_;
  my ($volume) = $text =~ /^(?:volume=)?([^,]+)/;
  return if $volume =~ m|^/| || grep { $_ eq $volume } volumes($conf);
  $n //= 0;
  $n++ while defined $conf->{"unused$n"};
  $conf->{"unused$n"} = $volume;
}

sub free_unused {
  my ($id, $conf, $volume) = @_;
  free_volume($id, $volume) if !grep { $_ eq $volume } volumes($conf), map { volumes($_) } values %{ $conf->{snapshots} };
}

sub apply_pending {
  my ($id, $conf, $mine) = @_;
  my $pending = $conf->{pending};
  for my $key (deletions($pending)) {
    next if $mine && !$mine->{$key};
    my $is = delete $conf->{$key};
    forget_deletion($pending, $key);
    detach($conf, $is) if $key =~ /^mp\d+$/;
    free_unused($id, $conf, $is) if $key =~ /^unused\d+$/;
  }
  my @errors;
  for my $key (sort grep { $_ ne 'delete' } keys %$pending) {
    next if $mine && !$mine->{$key};
    my $is = eval { settled($id, $conf, $key, $pending->{$key}) };
    if (!defined $is) { push @errors, "unable to apply pending change $key : $@"; warn $errors[-1]; next }
    delete $pending->{$key};
    my $old = $conf->{$key};
    $conf->{$key} = $is;
    detach($conf, $old) if defined $old && $key =~ /^mp\d+$/;
    my ($bridge) = $is =~ /(?:^|,)bridge=([^,]+)/;
    push @errors, "bridge '$bridge' does not exist\n" if $key =~ /^net/ && defined $bridge && !-d "/sys/class/net/$bridge";
  }
  return @errors;
}

# A volume that was made and cannot be plugged in goes again.
sub plug_new_mount {
  my ($id, $conf, $key, $is) = @_;
  return if eval { plug_mount($id, $conf, $is); 1 };
  my $error = $@;
  my ($volume) = $is =~ /^([^,]+)/;
  free_volume($id, $volume) if defined((new_disk(PctConfig::parse_mount($conf->{pending}{$key})->{volume}))[0]);
  die $error;
}

sub plug {
  my ($id, $conf, $mine) = @_;
  my $pending = $conf->{pending};
  for my $key (grep { $mine->{$_} && $AT_ONCE{$_} } keys %$pending) { $conf->{$key} = delete $pending->{$key} }
  my @errors;
  for my $key (sort grep { $mine->{$_} } deletions($pending)) {
    if ($AT_ONCE{$key}) { }
    elsif ($key =~ /^unused/) { free_unused($id, $conf, $conf->{$key}) }
    elsif ($key eq 'swap') { limit($id, 'memory.swap.max', 0) }
    elsif ($key eq 'cpulimit') { limit($id, 'cpu.max', 'max') }
    elsif ($key eq 'cpuunits') { limit($id, 'cpu.weight', 100) }
    elsif ($key =~ /^net(\d+)$/) { unplug_net($id, $1); print "delete ips from $key\n" }
    else { next }
    delete $conf->{$key};
    forget_deletion($pending, $key);
  }
  for my $key (sort grep { $mine->{$_} } keys %$pending) {
    my $is = $pending->{$key};
    my $old = $conf->{$key};
    next if $key !~ /^(cpulimit|cpuunits|memory|swap|net\d+|mp\d+|dev\d+)$/ || ($key =~ /^(mp|dev)/ && defined $old);
    eval {
      $is = settled($id, $conf, $key, $is);
      if ($key eq 'cpulimit') { limit($id, 'cpu.max', $is > 0 ? int(100000 * $is) . ' 100000' : 'max') }
      elsif ($key eq 'cpuunits') { limit($id, 'cpu.weight', $is || 1) }
      elsif ($key eq 'memory') { limit($id, 'memory.max', $is * 1024 ** 2) }
      elsif ($key eq 'swap') { limit($id, 'memory.swap.max', $is * 1024 ** 2) }
      elsif ($key =~ /^net(\d+)$/) { unplug_net($id, $1) if defined $old; plug_net($id, $1, $is) }
      elsif ($key =~ /^mp/) { plug_new_mount($id, $conf, $key, $is) }
      else { my ($path) = $is =~ m|(/dev/[^,]+)|; plug_device($id, $path) }
      1;
    } or do { push @errors, "$key: unable to hotplug $key: $@"; next };
    delete $pending->{$key};
    $conf->{$key} = $is;
  }
  return @errors ? "400 Parameter verification failed.\n" . join('', @errors) . "\npct set <vmid> [OPTIONS]\n" : ();
}

1;
