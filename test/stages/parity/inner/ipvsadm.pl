#!/usr/bin/perl
# For the inner loop only, where there is no IPVS: `ipvsadm` over a file in place of the kernel's table, as far as the
# original and the rig use it. It forwards nothing and vouches for nothing: the kernel does (npm run test:parity).
use strict;
use warnings;
use Fcntl qw(:flock);

my $file = "/srv/.table";
my ($command, %o) = ("");
my %names = (A => 1, E => 1, D => 1, a => 1, e => 1, d => 1, L => 1, S => 1, C => 1);
my @args = map { /^-([LS])n$/ ? ("-$1", "-n") : $_ } @ARGV;
while (defined(my $word = shift @args)) {
    if ($word =~ /^-([AEDaedLSC])$/) { $command = $1 }
    elsif ($word =~ /^-([tuf])$/) { $o{service} = "$word " . shift @args }
    elsif ($word eq "-6") { $o{service} .= " -6" }
    elsif ($word =~ /^-([rswxybpM])$/) { $o{$1} = shift @args }
    elsif ($word =~ /^-([gmio])$/) { $o{$1 eq "o" ? "o" : "forward"} = $word }
    elsif ($word eq "--thresholds") { $o{thresholds} = 1 }
}

open(my $lock, ">>", "$file.lock") or die "$file.lock: $!";
flock($lock, LOCK_EX);
# Lines, tabs between: service, options; or service, real server, forward, weight, upper, lower.
my (@order, %services, %dests);
if (open(my $in, "<", $file)) {
    while (<$in>) {
        chomp;
        my @part = split /\t/;
        if (@part == 2) { push @order, $part[0]; $services{$part[0]} = $part[1]; $dests{$part[0]} = [] }
        else { push @{$dests{$part[0]}}, [@part[1 .. 5]] }
    }
}

sub fail { print STDERR "$_[0]\n"; exit 255 }
my $s = $o{service} // "";

if ($command eq "L" || $command eq "S") {
    my %long = ("-g" => "Route", "-m" => "Masq", "-i" => "Tunnel");
    print "IP Virtual Server version 1.2.1 (size=4096)\nProt\n  ->\n" if $command eq "L";
    for my $name (@order) {
        my ($kind, $address, $six) = split / /, $name;
        print "-A $name $services{$name}\n" if $command eq "S";
        my $proto = { "-t" => "TCP ", "-u" => "UDP ", "-f" => "FWM " }->{$kind};
        my ($scheduler) = $services{$name} =~ /-s (\S+)/;
        printf "$proto $address%s $scheduler\n", $six ? " IPv6" : "" if $command eq "L";
        for my $dest (@{$dests{$name}}) {
            my ($real, $forward, $weight, $upper, $lower) = @$dest;
            if ($command eq "S") { print "-a $name -r $real $forward -w $weight\n" }
            elsif ($o{thresholds}) { print "  -> $real $upper $lower 0 0\n" }
            else { print "  -> $real $long{$forward} $weight 0 0\n" }
        }
    }
    exit 0;
}

my %flag = ("sh-fallback" => "flag-1", "sh-port" => "flag-2", "mh-fallback" => "flag-1", "mh-port" => "flag-2");
my $options = join " ", "-s $o{s}", ($o{p} ? "-p $o{p}" : ()), ($o{M} && $o{p} ? "-M $o{M}" : ()),
    ($o{b} ? "-b " . join(",", sort map { $flag{$_} // $_ } split /,/, $o{b}) : ()), ($o{o} ? "-o" : ())
    if $command =~ /[AE]/;
if ($command eq "C") { @order = () }
elsif ($command eq "A") {
    fail("Service already exists") if $services{$s};
    push @order, $s;
    $services{$s} = $options;
    $dests{$s} = [];
} else {
    fail("No such service") if !$services{$s};
    if ($command eq "E") { $services{$s} = $options }
    elsif ($command eq "D") { @order = grep { $_ ne $s } @order }
    else {
        my ($port) = $s =~ /:(\d+)$/;
        my $forward = $o{forward} // "-g";
        my $real = $o{r};
        my $known = $dests{$s};
        # Without address translation the port stays what it is.
        $real =~ s/:\d+$/:$port/ if $command ne "d" && $forward ne "-m" && $s !~ /^-f/;
        my ($old) = grep { $_->[0] eq $real } @$known;
        my $new = [$real, $forward, $o{w} // 1, $o{x} // 0, $o{y} // 0];
        fail("invalid address") if $real =~ /^:/;
        if ($command eq "a") { fail("Destination already exists") if $old; unshift @$known, $new }
        elsif (!$old) { fail("No such destination") }
        elsif ($command eq "e") { @$old = @$new }
        else { @$known = grep { $_ != $old } @$known }
    }
}
open(my $out, ">", "$file.new") or die "$file.new: $!";
for my $name (@order) {
    print $out "$name\t$services{$name}\n";
    print $out join("\t", $name, @$_), "\n" for @{$dests{$name}};
}
close $out;
rename "$file.new", $file;
