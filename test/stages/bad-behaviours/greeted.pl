#!/usr/bin/perl
# A check of the kind that service operators write: up when the server greets with OK.
# Arguments: virtual address and port, real address and port.
use strict;
use warnings;
use IO::Socket::IP;

my ($host, $port) = @ARGV[2, 3];
$host =~ tr/[]//d;
my $server = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port) or exit 1;
my $greeting = <$server> // '';
exit($greeting =~ /^OK .*\n/ ? 0 : 1);
