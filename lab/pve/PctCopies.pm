# Copies of containers: clones, templates, snapshots.
package PctCopies;
use strict;
use warnings;
use Exporter 'import';
use PctChange 'detach';
use PctConfig qw(path load save locked check_lock print_net properties);
use PctDisks qw(storage allocate dataset_of path_of size_of);
use PctRun qw(is_running must root_of);
use Pve qw(run nodename slurp);

our @EXPORT_OK = qw(clone template snapshot delsnapshot rollback listsnapshot);

sub disks { my ($conf) = @_; sort grep { /^(rootfs|mp\d+)$/ } keys %$conf }
sub volume { my ($text) = @_; my ($volume) = $text =~ /^(?:volume=)?([^,]+)/; return $volume }

sub clone {
  my ($given) = @_;
  my ($from, $id, $name) = @$given{qw(vmid newid snapname)};
  my $source = load($from);
  check_lock($source);
  my $node = nodename();
  die "CT $id already exists on node '$node'\n" if -e path($id);
  my $of = defined $name ? $source->{snapshots}{$name} // die "snapshot '$name' does not exist\n" : $source;
  my $linked = $source->{template} && !$given->{full};
  die "the stand-in has not seen a clone of a running container\n" if is_running($from) && !defined $name;
  die "the stand-in has not seen a linked clone into another storage\n" if $linked && defined $given->{storage};
  for my $key (disks($of)) { die "unable to clone mountpoint '$key' (type bind)\n" if volume($of->{$key}) =~ m|^/| }
  print "creating a clone of container $from with ID $id\n";
  my %copy = map { $_ => $of->{$_} } grep { !/^(unused\d+|template|parent|snaptime|lock|pending|snapshots)$/ } keys %$of;
  $copy{description} = $source->{description} if defined $source->{description};
  for my $key (disks($of)) {
    my $old = volume($of->{$key});
    print $linked ? "create linked clone of mount point $key ($old)\n" : "create full clone of mountpoint $key ($old)\n";
    my $new = $linked ? linked($id, $old) : copied($id, $of, $old, $name, $given->{storage});
    $copy{$key} =~ s/^(?:volume=)?[^,]+/$new/;
  }
  for my $key (grep { /^net\d+$/ } keys %copy) { my $net = PctConfig::parse_net($copy{$key}); delete $net->{hwaddr}; $copy{$key} = print_net($net) }
  $copy{hostname} = $given->{hostname} if defined $given->{hostname};
  save($id, { %copy, pending => {}, snapshots => {} });
}

sub linked {
  my ($id, $old) = @_;
  my ($on, $base) = split /:/, $old;
  my $pool = storage($on)->{pool};
  my $n = 0;
  $n++ while (run('zfs', 'list', '-H', "$pool/subvol-$id-disk-$n"))[0];
  must('zfs', 'clone', '-o', 'refquota=' . size_of($old), dataset_of($old) . '@__base__', "$pool/subvol-$id-disk-$n");
  return "$on:$base/subvol-$id-disk-$n";
}

sub copied {
  my ($id, $conf, $old, $snapshot, $on) = @_;
  my $new = allocate($id, $on // ($old =~ /^([^:]+)/)[0], size_of($old), root_of($conf));
  my $from = path_of($old) . (defined $snapshot ? "/.zfs/snapshot/$snapshot" : '');
  must('rsync', '-aHAX', '--numeric-ids', "$from/", path_of($new) . '/');
  return $new;
}

sub template {
  my ($given) = @_;
  my $id = $given->{vmid};
  locked($id, sub {
    my $conf = load($id);
    check_lock($conf);
    die "unable to create template, because CT contains snapshots\n" if %{ $conf->{snapshots} };
    die "you can't convert a CT to template if the CT is running\n" if is_running($id);
    die "the stand-in has not seen a template with mounts\n" if 1 < (my @all = disks($conf));
    my $old = volume($conf->{rootfs});
    my $base = $old =~ s/subvol-/basevol-/r;
    must('zfs', 'rename', dataset_of($old), dataset_of($base));
    must('zfs', 'snapshot', dataset_of($base) . '@__base__');
    $conf->{rootfs} =~ s/^(?:volume=)?[^,]+/$base/;
    $conf->{template} = 1;
    save($id, $conf);
  });
}

sub snapshot {
  my ($given) = @_;
  my ($id, $name) = @$given{qw(vmid snapname)};
  $name =~ /^[a-z][a-z0-9_-]+$/i or die "400 Parameter verification failed.\nsnapname: invalid format - invalid configuration ID '$name'\n\npct snapshot <vmid> <snapname> [OPTIONS]\n";
  die "unable to use snapshot name 'current' (reserved name)\n" if $name eq 'current';
  locked($id, sub {
    my $conf = load($id);
    check_lock($conf);
    die "snapshot name '$name' already used\n" if $conf->{snapshots}{$name};
    for my $key (disks($conf)) { die "snapshot feature is not available\n" if volume($conf->{$key}) =~ m|^/| }
    my %now = map { $_ => $conf->{$_} } grep { !/^(pending|snapshots|unused\d+|description)$/ } keys %$conf;
    $conf->{snapshots}{$name} = { %now, snapstate => 'prepare', snaptime => time, defined $given->{description} ? (description => $given->{description}) : () };
    $conf->{lock} = 'snapshot';
    save($id, $conf);
  });
  my $snap = load($id)->{snapshots}{$name};
  must('zfs', 'snapshot', map { dataset_of(volume($snap->{$_})) . "\@$name" } disks($snap));
  locked($id, sub {
    my $conf = load($id);
    die "missing snapshot lock\n" if ($conf->{lock} // '') ne 'snapshot';
    delete $conf->{snapshots}{$name}{snapstate};
    delete $conf->{lock};
    $conf->{parent} = $name;
    save($id, $conf);
  });
}

# Without force it ends at the first snapshot that cannot be destroyed, and leaves the container locked.
sub delsnapshot {
  my ($given) = @_;
  my ($id, $name, $force) = @$given{qw(vmid snapname force)};
  my $hold = sub {
    my ($act) = @_;
    locked($id, sub { my $conf = load($id); my $done = $act->($conf, $conf->{snapshots}{$name} // die "snapshot '$name' does not exist\n"); save($id, $conf); $done });
  };
  $hold->(sub { my ($conf) = @_; check_lock($conf); $conf->{lock} = 'snapshot-delete' });
  my $gone = $hold->(sub { my ($conf, $snap) = @_; $snap->{snapstate} = 'delete'; return {%$snap} });
  for my $key (disks($gone)) {
    my ($fine, undef, $said) = run('zfs', 'destroy', dataset_of(volume($gone->{$key})) . "\@$name");
    die $said if !$fine && !$force;
    warn $said if !$fine;
    $hold->(sub { delete $_[1]{$key} }) if !$force;
  }
  $hold->(sub {
    my ($conf) = @_;
    delete $conf->{snapshots}{$name};
    delete $conf->{lock};
    for my $one ($conf, values %{ $conf->{snapshots} }) {
      next if ($one->{parent} // '') ne $name;
      if (defined $gone->{parent}) { $one->{parent} = $gone->{parent} } else { delete $one->{parent} }
    }
    my %known = map { $_ => 1 } map { my $one = $_; (map { volume($one->{$_}) } disks($one)), map { $one->{$_} } grep { /^unused/ } keys %$one } $conf, values %{ $conf->{snapshots} };
    # The real one leaves out the first number.
    detach($conf, $gone->{$_}, 1) for grep { !$known{ volume($gone->{$_}) } } disks($gone);
  });
}

sub rollback {
  my ($given) = @_;
  my ($id, $name) = @$given{qw(vmid snapname)};
  locked($id, sub {
    my $conf = load($id);
    check_lock($conf);
    my $back = $conf->{snapshots}{$name} // die "snapshot '$name' does not exist\n";
    die "unable to rollback to incomplete snapshot (snapstate = $back->{snapstate})\n" if $back->{snapstate};
    for my $key (disks($back)) {
      my ($fine) = run('zfs', 'rollback', dataset_of(volume($back->{$key})) . "\@$name");
      die "can't rollback, '$name' is not most recent snapshot on '" . volume($back->{$key}) . "'\n" if !$fine;
    }
    if (is_running($id)) { must('lxc-stop', '-n', $id, '--kill'); must('lxc-wait', '-n', $id, '-s', 'STOPPED', '-t', '60') }
    my %kept = map { $_ => $conf->{$_} } grep { defined $conf->{$_} } qw(description snapshots), grep { /^unused/ } keys %$conf;
    my %is = map { $_ => $back->{$_} } grep { !/^(snaptime|description)$/ } keys %$back;
    save($id, { %is, %kept, pending => {}, parent => $name });
  });
}

sub listsnapshot {
  my ($given) = @_;
  my $all = load($given->{vmid})->{snapshots};
  my ($depth, $parent) = (0, undef);
  while (my ($name) = sort grep { ($all->{$_}{parent} // '') eq ($parent // '') } keys %$all) {
    my @time = localtime $all->{$name}{snaptime};
    my ($first) = split /\n/, $all->{$name}{description} // 'no-description';
    printf "%s%-*s %04d-%02d-%02d %02d:%02d:%02d     %s\n", ' ' x $depth . '`-> ', 27 - $depth, $name, $time[5] + 1900, $time[4] + 1, @time[3, 2, 1, 0], $first;
    ($depth, $parent) = ($depth + 1, $name);
  }
  printf "%s%-*s %-19s     You are here!\n", ' ' x $depth . '`-> ', 27 - $depth, 'current', '';
}

1;
