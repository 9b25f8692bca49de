import type { Machine } from "./machine.ts";

/** Each message as `<FACILITY.SEVERITY> ldirectord[PID]: text` to /srv/syslog, its form to /srv/calls. */
const syslogd = String.raw`use strict; use IO::Socket::UNIX; use Socket;
my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "/dev/log") or die "/dev/log: $!";
sub note { my ($file, $text) = @_; open(my $out, ">>", $file); print $out "$text\n"; close($out); }
open(my $pid, ">", "/srv/syslogd.pid"); print $pid $$; close($pid);
while (defined $socket->recv(my $message, 65536)) {
  $message =~ s/[\n\0]+$//;
  if ($message =~ /^<(\d+)>(?:([A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d) )?(\w+)\[\d+\]: (.*)$/s) {
    my ($priority, $time, $tag, $text) = ($1, defined $2 ? "time" : "no time", $3, $4);
    note("/srv/syslog", "[syslog] $text");
    note("/srv/calls", sprintf("syslog %d.%d %s %s", $priority >> 3, $priority & 7, $time, $tag));
  } else { note("/srv/calls", "syslog, of another form: $message"); }
}
`;

/** Programs for directives: each notes how it was called. */
export function writePrograms(machine: Machine): void {
  const notes = (name: string, then: string): void =>
    machine.write(`/srv/${name}`, `#!/bin/sh\necho "${name} $*" >>/srv/calls\n${then}\n`, 0o755);
  notes("check", `address=\${3#[}; test ! -e "/srv/bad-\${address%]}"`);
  notes("killed", "kill -9 $$");
  notes("fallback", "");
  notes("callback", "");
  machine.write("/srv/syslogd", syslogd);
  const perl = 'my ($at) = $ARGV[2] =~ /([^\\[\\]]+)/; exit(-e "/srv/bad-$at" ? 1 : 0);';
  machine.write("/srv/check.pl", `#!/usr/bin/perl\n${perl}\n`, 0o755);
}
