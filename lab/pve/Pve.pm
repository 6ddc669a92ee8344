# What the stand-ins share: a command line as Proxmox VE reads it, its error texts, and files under /etc/pve.
package Pve;
use strict;
use warnings;
use Exporter 'import';
use Fcntl ':flock';

our @EXPORT_OK = qw(dispatch wrong_param boolean slurp change make_path run words from_utf8 to_utf8 json nodename);

# Finds the command among the words, reads its options and calls it. $commands: 'user add' => a hash of
#   args     names of the positional arguments
#   options  name => a function that returns the value, or dies with why it is not valid
#   needs    options that must be given
#   usage    what stands behind the command in messages
#   call     gets a hash of all
sub dispatch {
  my ($program, $commands, @argv) = @_;
  my ($name) = grep { exists $commands->{$_} } map { join ' ', @argv[0 .. $_] } reverse 0 .. ($#argv > 2 ? 2 : $#argv);
  if (!defined $name) {
    print STDERR @argv ? "ERROR: unknown command '$program $argv[0]'\n" : "ERROR: no command specified\n";
    print STDERR map { "       $program $_ $commands->{$_}{usage}\n" } sort keys %$commands;
    exit 255;
  }
  splice @argv, 0, scalar split ' ', $name;
  my $command = $commands->{$name};
  my $usage = join ' ', grep { length } $program, $name, $command->{usage};
  my $options = options_of($command, $usage, \@argv);
  eval { $command->{call}->($options); 1 } or do {
    my $error = $@;
    print STDERR ref $error ? parameter_text($usage, @$error) : $error;
    exit 255;
  };
}

sub options_of {
  my ($command, $usage, $argv) = @_;
  my $checks = $command->{options} // {};
  my $taken = take($checks, $argv) or die_usage('400 unable to parse option', $usage);
  my %given = %$taken;
  my @args = @{ $command->{args} // [] };
  die_usage('400 not enough arguments', $usage) if @$argv < @args;
  die_usage('400 too many arguments', $usage) if @$argv > @args;
  my %checks = (%$checks, %{ $command->{checks} // {} });
  @given{@args} = @$argv;
  for my $name (sort keys %given) {
    my $check = $checks{$name} or next;
    $given{$name} = 1 if $check == \&boolean && $given{$name} eq '';
    my $value = eval { $check->($given{$name}) };
    die_text(parameter_text($usage, $name, $@)) if $@;
    $given{$name} = $value;
  }
  for my $name (@{ $command->{needs} // [] }) {
    die_text(parameter_text($usage, $name, 'property is missing and it is not optional')) if !defined $given{$name};
  }
  return \%given;
}

# Takes the options from among the words, as Getopt::Long does, which takes longer to load than all the rest.
sub take {
  my ($checks, $words) = @_;
  my (%taken, @others, $wrong);
  while (@$words) {
    my $word = shift @$words;
    if ($word eq '--') { push @others, splice @$words; last }
    my ($name, $value) = $word =~ /^--?([^=]+)(?:=(.*))?$/s;
    if (!defined $name) { push @others, $word; next }
    my $check = $checks->{$name};
    if (!$check) { print STDERR "Unknown option: $name\n"; $wrong = 1; next }
    # The value of a boolean may be left out.
    my $left_out = $check == \&boolean && (!@$words || $words->[0] =~ /^-./);
    $value //= $left_out ? '' : shift @$words;
    if (!defined $value) { print STDERR "Option $name requires an argument\n"; $wrong = 1; next }
    $taken{$name} = $value;
  }
  @$words = @others;
  return $wrong ? undef : \%taken;
}

sub die_usage { die_text("$_[0]\n$_[1]\n") }
sub die_text { print STDERR $_[0]; exit 255 }

# What is wrong with a parameter. The real tools put an empty line behind a bad format, and none behind other errors:
# the text of the former ends in two line ends.
sub parameter_text {
  my ($usage, $name, $text) = @_;
  chomp $text;
  return "400 Parameter verification failed.\n$name: $text\n$usage\n";
}

sub wrong_param { die [@_] }

sub boolean {
  my ($value) = @_;
  return 1 if $value =~ /^(1|on|yes|true)$/i;
  return 0 if $value =~ /^(0|off|no|false)$/i;
  die "type check ('boolean') failed - got '$value'\n";
}

sub words { grep { length } split /[,;\s\0]+/, $_[0] // '' }

# UTF-8. Encode knows more of it, and takes a quarter of a second to load where there is no KVM, as File::Path does.
sub from_utf8 { my ($bytes) = @_; utf8::decode($bytes); $bytes }
sub to_utf8 { my ($text) = @_; utf8::encode($text); $text }

sub json { require JSON::PP; JSON::PP->new->canonical->allow_nonref->encode($_[0]) }

sub nodename { my ($name) = split /[.\n]/, slurp('/proc/sys/kernel/hostname'); $name }

sub slurp {
  my ($path) = @_;
  open my $file, '<', $path or return '';
  local $/;
  return <$file> // '';
}

# Reads a file, has it changed, and puts the new content in its place, while nobody else does.
sub change {
  my ($path, $edit) = @_;
  (my $name = $path) =~ s|/|_|g;
  open my $lock, '>', "/run/lock/pve-stand-in$name" or die "can't lock file '$path' - $!\n";
  flock $lock, LOCK_EX or die "can't lock file '$path' - $!\n";
  my $content = $edit->(slurp($path)) // return;
  open my $file, '>', "$path.tmp.$$" or die "unable to open file '$path.tmp.$$' - $!\n";
  print $file $content and close $file or die "unable to write '$path.tmp.$$' - $!\n";
  rename "$path.tmp.$$", $path or die "unable to rename '$path.tmp.$$' - $!\n";
}

# A folder and those above it; $owner: of what is new, if it is not to be root's.
sub make_path {
  my ($path, $owner) = ($_[0] =~ s|/+$||r, $_[1]);
  return if $path eq '' || -d $path;
  make_path($path =~ s|/[^/]*$||r, $owner);
  mkdir $path or die "mkdir $path: $!\n";
  chown $owner, $owner, $path if defined $owner;
}

# Runs a program: true when it succeeded, what it printed, what it complained of.
sub run {
  my (@argv) = @_;
  my $complaints = "/run/pve-stand-in.$$";
  my $pid = open(my $out, '-|') // die "fork: $!\n";
  if (!$pid) {
    open STDERR, '>', $complaints;
    exec @argv or exit 127;
  }
  my $printed = do { local $/; <$out> } // '';
  close $out;
  my $success = $? == 0;
  my $said = slurp($complaints);
  unlink $complaints;
  chomp $said;
  return ($success, $printed, $said);
}

1;
