import type { Machine } from "./machine.ts";

/** Programs for directives: each notes how it was called. */
export function writePrograms(machine: Machine): void {
  const notes = (name: string, then: string): void =>
    machine.write(`/srv/${name}`, `#!/bin/sh\necho "${name} $*" >>/srv/calls\n${then}\n`, 0o755);
  notes("check", 'address=$(echo "$3" | tr -d "[]"); test ! -e "/srv/bad-$address"');
  notes("killed", "kill -9 $$");
  notes("fallback", "");
  notes("callback", "");
  const perl = 'my ($at) = $ARGV[2] =~ /([^\\[\\]]+)/; exit(-e "/srv/bad-$at" ? 1 : 0);';
  machine.write("/srv/check.pl", `#!/usr/bin/perl\n${perl}\n`, 0o755);
}
