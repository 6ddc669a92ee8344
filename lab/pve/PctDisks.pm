# Volumes of containers: datasets of a storage of type zfspool. Other types of storage are not seen yet.
package PctDisks;
use strict;
use warnings;
use Exporter 'import';
use PctConfig qw(format_size parse_size properties print_mount);
use Pve qw(slurp run);

our @EXPORT_OK = qw(storage allocate dataset_of path_of size_of resize_volume free_volume new_disk);

sub storage {
  my ($id) = @_;
  my ($type, $body) = slurp('/etc/pve/storage.cfg') =~ /^(\w+): \Q$id\E\n((?:\t.*\n)*)/m;
  ($type, $body) = ('dir', "\tpath /var/lib/vz\n\tcontent iso,vztmpl,backup\n") if !defined $type && $id eq 'local';
  die "storage '$id' does not exist\n" if !defined $type;
  my %is = map { /^\t(\S+)\s*(.*)$/ ? ($1 => $2) : () } split /\n/, $body;
  return { type => $type, content => 'images,rootdir', %is };
}

sub must { my (@argv) = @_; my ($fine, $printed, $said) = run(@argv); die "zfs error: $said\n\n" if !$fine; return $printed }

sub dataset_of {
  my ($volume) = @_;
  my ($id, $name) = $volume =~ /^([^:]+):(.+)$/ or die "unable to parse volume ID '$volume'\n";
  my $storage = storage($id);
  die "the stand-in has no volumes in storages of type $storage->{type}\n" if $storage->{type} ne 'zfspool';
  $name =~ s|^.*/||; # a linked clone is named after its base too
  return "$storage->{pool}/$name";
}

sub path_of { my ($path) = split /\n/, must(qw(zfs get -H -o value mountpoint), dataset_of($_[0])); return $path }
sub size_of { my ($size) = split /\n/, must(qw(zfs get -Hp -o value refquota), dataset_of($_[0])); return $size }
sub new_disk { my ($volume) = @_; return $volume =~ /^([^:\s]+):(\d+(?:\.\d+)?)$/ ? ($1, $2) : () }

sub allocate {
  my ($id, $on, $size, $owner) = @_;
  my $storage = storage($on);
  die "storage '$on' does not allow content type 'rootdir' (Container)\n" if $storage->{content} !~ /\brootdir\b/;
  die "the stand-in has no volumes in storages of type $storage->{type}\n" if $storage->{type} ne 'zfspool';
  my %there = map { $_ => 1 } split /\n/, must(qw(zfs list -H -o name -d 1), $storage->{pool});
  my $n = 0;
  $n++ while grep { $there{"$storage->{pool}/$_-$id-disk-$n"} } qw(subvol basevol);
  must(qw(zfs create -o acltype=posixacl -o xattr=sa -o), 'refquota=' . int($size), "$storage->{pool}/subvol-$id-disk-$n");
  my $volume = "$on:subvol-$id-disk-$n";
  chown $owner, $owner, path_of($volume);
  return $volume;
}

sub resize_volume { my ($volume, $size) = @_; must('zfs', 'set', "refquota=$size", dataset_of($volume)) }

sub free_volume {
  my ($id, $volume) = @_;
  return if $volume !~ /-\Q$id\E-disk-\d+$/; # somebody else's
  must(qw(zfs destroy -r), dataset_of($volume));
}

1;
