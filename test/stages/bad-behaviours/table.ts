/** Every service, and what its check says of each behaviour. */
import { fileURLToPath } from "node:url";
import type { CheckSettings, DownReason } from "../../../checks/check.ts";
import { Secret } from "../../../src/model/secret.ts";
import type { Behaviour } from "./behaviours.ts";

type Said = "up" | DownReason;

export interface Row {
  /** Which of conversations.mjs its servers hold; several services may have one. */
  readonly conversation: string;
  readonly transport: "tcp" | "udp";
  readonly isTls?: boolean;
  readonly settings?: Partial<CheckSettings>;
  /** Instead, against a server that stops reading: something too long for its window. */
  readonly longSettings?: Partial<CheckSettings>;
  /** The behaviours that apply, and what is said of a server with each. */
  readonly said: Readonly<Partial<Record<Behaviour, Said | readonly Said[]>>>;
}

const tcp = {
  refuse: "refused",
  "reset at accept": "closed",
  "reset mid-reply": "closed",
  silence: "timeout",
  trickle: "timeout",
  "zero window": "timeout",
  "half close": "closed",
  "wrong protocol": "protocol",
  "endless line": "protocol",
  "non-UTF-8": "up",
  "NUL bytes": "up",
  "early close": "up",
  "answer before the request": "up",
  "duplicate replies": "up",
} as const;

const { "answer before the request": _, ...tcpAsked } = tcp;
const tls = {
  ...tcp,
  "wrong protocol": "tls",
  "TLS garbage": "tls",
  "TLS stall": "timeout",
  "certificate chain of 100 kB": "tls",
} as const;

const httpWords = {
  "endless headers": "protocol",
  "endless body": "mismatch",
  "compressed bomb": "mismatch",
  "redirect loop": "status",
  "redirect to another host": "up",
  "100-continue storm": "protocol",
} as const;

const popWords = {
  "endless headers": "protocol",
  // The list of abilities comes where another answer is due.
  "duplicate replies": "protocol",
} as const;

const ldapWords = { "endless body": "protocol" } as const;

const udp = {
  refuse: "refused",
  silence: "timeout",
  // What does not repeat what only we can know is passed over: anybody may have sent it.
  "wrong protocol": "timeout",
  "endless body": "timeout",
  "non-UTF-8": "up",
  "NUL bytes": "up",
  "duplicate replies": "up",
} as const;

const login = { login: "user", passwd: new Secret("secret") };
const long = "x".repeat(200_000);
const page = { receive: "Test Page" };
const query = { ...login, database: "db", request: "SELECT 1" };

const program = fileURLToPath(new URL("greeted.pl", import.meta.url));
/** What the program makes of a server: one that greets with OK, or none. Its own appetite is its own affair. */
const {
  "endless line": __,
  "answer before the request": ___,
  ...byProgram
} = {
  ...tcp,
  refuse: "status",
  "reset at accept": "status",
  "reset mid-reply": "status",
  "zero window": "up",
  "half close": "status",
  "wrong protocol": "status",
} as const;

/** By `service=` word, and ` (udp)` where that is another row; by file name for a checktype. */
export const table: Readonly<Record<string, Row>> = {
  connect: {
    conversation: "smtp",
    transport: "tcp",
    // Who takes the connection is up, whatever comes then.
    said: {
      refuse: "refused",
      "reset at accept": ["up", "closed"],
      silence: "up",
      "half close": "up",
      "wrong protocol": "up",
      "endless line": "up",
    },
  },
  external: {
    conversation: "external",
    transport: "tcp",
    settings: { checkCommand: program },
    said: byProgram,
  },
  "external-perl": {
    conversation: "external",
    transport: "tcp",
    settings: { checkCommand: program },
    said: byProgram,
  },
  http: {
    conversation: "http",
    transport: "tcp",
    settings: page,
    longSettings: { ...page, request: `/${long}` },
    said: { ...tcp, ...httpWords },
  },
  https: {
    conversation: "http",
    transport: "tcp",
    isTls: true,
    settings: page,
    longSettings: { ...page, request: `/${long}` },
    said: { ...tls, ...httpWords },
  },
  http_proxy: {
    conversation: "http",
    transport: "tcp",
    settings: { ...page, request: "http://origin.example/" },
    longSettings: { ...page, request: `http://origin.example/${long}` },
    said: { ...tcp, ...httpWords },
  },
  smtp: { conversation: "smtp", transport: "tcp", said: { ...tcp, "endless headers": "protocol" } },
  submission: {
    conversation: "smtp",
    transport: "tcp",
    said: { ...tcp, "endless headers": "protocol" },
  },
  // It is never asked anything, so its window does not matter.
  nntp: { conversation: "nntp", transport: "tcp", said: { ...tcp, "zero window": "up" } },
  pop: {
    conversation: "pop",
    transport: "tcp",
    settings: login,
    longSettings: { login: long },
    said: { ...tcp, ...popWords },
  },
  pops: {
    conversation: "pop",
    transport: "tcp",
    isTls: true,
    settings: login,
    longSettings: { login: long },
    said: { ...tls, ...popWords },
  },
  redis: {
    conversation: "redis",
    transport: "tcp",
    settings: login,
    longSettings: { login: long },
    // A second +OK is no answer to PING.
    said: { ...tcp, "duplicate replies": "protocol", "endless headers": "protocol" },
  },
  imap: {
    conversation: "imap",
    transport: "tcp",
    settings: login,
    longSettings: { login: long },
    said: { ...tcp, "endless headers": "protocol" },
  },
  imaps: {
    conversation: "imap",
    transport: "tcp",
    isTls: true,
    settings: login,
    longSettings: { login: long },
    said: { ...tls, "endless headers": "protocol" },
  },
  ftp: {
    conversation: "ftp",
    transport: "tcp",
    settings: { ...login, ...page, request: "/page" },
    longSettings: { login: long },
    said: {
      // Its data connection cannot be known before it is asked for.
      ...tcpAsked,
      "endless headers": "protocol",
      "endless body": "mismatch",
      // The second greeting is taken for the answer to USER, and "password?" for one to a later command: which one,
      // by the pieces in which it arrives.
      "duplicate replies": ["status", "protocol"],
    },
  },
  simpletcp: {
    conversation: "simpletcp",
    transport: "tcp",
    settings: { request: "hello\\n", receive: "world" },
    longSettings: { request: long, receive: "world" },
    // A line that does not fit is no fault: a later one may.
    said: { ...tcp, "wrong protocol": "timeout", "endless body": "protocol" },
  },
  "simpletcp (udp)": {
    conversation: "simpletcp",
    transport: "udp",
    settings: { protocol: "udp", request: "hello", receive: "world" },
    said: { ...udp, "wrong protocol": "mismatch", "endless body": "mismatch" },
  },
  sip: {
    conversation: "sip",
    transport: "tcp",
    settings: { login: "user" },
    longSettings: { login: long },
    said: { ...tcp, "endless headers": "protocol", "endless body": "protocol" },
  },
  "sip (udp)": {
    conversation: "sip",
    transport: "udp",
    settings: { protocol: "udp", login: "user" },
    said: udp,
  },
  ldap: {
    conversation: "ldap",
    transport: "tcp",
    settings: { request: "dc=example" },
    longSettings: { request: long },
    said: { ...tcp, ...ldapWords },
  },
  ldaps: {
    conversation: "ldap",
    transport: "tcp",
    isTls: true,
    settings: { request: "dc=example" },
    longSettings: { request: long },
    said: { ...tls, ...ldapWords },
  },
  mysql: {
    conversation: "mysql",
    transport: "tcp",
    settings: query,
    longSettings: { ...query, request: `SELECT '${long}'` },
    said: {
      ...tcp,
      // By the pieces in which it arrives.
      "answer before the request": ["timeout", "up"],
      "endless headers": "protocol",
      // There are rows, and more than anybody counts.
      "endless body": "up",
      // Packets are numbered.
      "duplicate replies": "protocol",
    },
  },
  oracle: {
    conversation: "oracle",
    transport: "tcp",
    settings: { ...query, database: "ORCL" },
    longSettings: { ...query, login: long, database: "ORCL" },
    // There is no right server to be had: the best one refuses.
    said: {
      ...tcpAsked,
      "non-UTF-8": "status",
      "NUL bytes": "status",
      "early close": "status",
      "duplicate replies": "status",
    },
  },
  pgsql: {
    conversation: "pgsql",
    transport: "tcp",
    settings: query,
    longSettings: { ...query, request: `SELECT '${long}'` },
    said: {
      ...tcp,
      "endless headers": "protocol",
      // There are rows, and more than anybody counts.
      "endless body": "up",
      // More than one byte where TLS is agreed on was said by nobody knows whom.
      "answer before the request": "protocol",
      "duplicate replies": "protocol",
    },
  },
  dns: {
    conversation: "dns",
    transport: "tcp",
    settings: { request: "www.example" },
    // Nobody can answer a query before it is asked: its number is random.
    // "SS" is the length of a long message, which never comes.
    said: { ...tcpAsked, "wrong protocol": "timeout", "endless body": "up" },
  },
  "dns (udp)": {
    conversation: "dns",
    transport: "udp",
    settings: { protocol: "udp", request: "www.example" },
    said: udp,
  },
  radius: {
    conversation: "radius",
    transport: "udp",
    settings: { ...login, secret: new Secret("secret"), protocol: "udp" },
    said: udp,
  },
};
