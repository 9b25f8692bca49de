/**
 * The ways in which a server can be bad that loopback is enough for. The three that take a network of
 * their own (ICMP unreachable, packet loss, duplicates on the way) and the black hole meet the checks in
 * test/stages/kernel/bad-network.test.ts.
 */

/** Of the connection, whatever is spoken over it. */
const ofConnections = [
  "refuse",
  "reset at accept",
  "reset mid-reply",
  "silence",
  "trickle",
  "zero window",
  "half close",
  "wrong protocol",
] as const;

/** Of what is said. */
const ofWords = [
  "endless line",
  "endless headers",
  "endless body",
  "non-UTF-8",
  "NUL bytes",
  "early close",
  "answer before the request",
  "duplicate replies",
] as const;

const ofTls = ["TLS garbage", "TLS stall", "certificate chain of 100 kB"] as const;

const ofHttp = [
  "compressed bomb",
  "redirect loop",
  "redirect to another host",
  "100-continue storm",
] as const;

export const behaviours = [...ofConnections, ...ofWords, ...ofTls, ...ofHttp] as const;
export type Behaviour = (typeof behaviours)[number];

/** Those that send more than anybody should take. */
export const floods: readonly Behaviour[] = [
  "endless line",
  "endless headers",
  "endless body",
  "certificate chain of 100 kB",
  "compressed bomb",
  "100-continue storm",
];
