/** What a case of the comparison with the original is made of. All of it is data: the servers get it as JSON. */

/** A reply; with `last` the server closes after it. `null` is no reply at all. */
export type Reply = string | null | { readonly last: string };

/** The first whose pattern fits answers; what fits none is answered with nothing and the end. */
type Answers = readonly (readonly [pattern: string, reply: Reply])[];

/** What the server of one case says. */
export type Script =
  /** Greets, and answers each line; CRLF is added. */
  | {
      readonly kind: "lines";
      readonly greeting: Reply;
      readonly answers?: Answers;
      readonly delayMs?: number;
    }
  /** Answers once, when `end` is found in what came so far; "" is the end of the client's sending. Bytes as they are. */
  | { readonly kind: "once"; readonly end: string; readonly answers: Answers }
  /** Takes everything and says nothing; after some seconds it closes, for the original may wait for ever. */
  | { readonly kind: "silent" }
  /** Nobody listens. */
  | { readonly kind: "gone" }
  /** Each datagram is answered with each of these. */
  | { readonly kind: "datagrams"; readonly replies: readonly string[] }
  /** As `datagrams`; each repeats what a SIP response must repeat of its request. */
  | { readonly kind: "sip"; readonly replies: readonly string[] }
  /** Over UDP, and TCP too. By question: `www.lab.example A`; what is not here is NXDOMAIN. */
  | { readonly kind: "dns"; readonly zone: Readonly<Record<string, DnsReply>> }
  | {
      readonly kind: "ftp";
      readonly files: Readonly<Record<string, string>>;
      /** Refused with 500. */
      readonly without?: readonly string[];
    }
  /** Knows the login `cn=checker,dc=lab` with the password `right`, and the entries `dc=lab` and the root. */
  | { readonly kind: "ldap" }
  /** Know the login `checker` with the password `right`, the database `site`, and what `SELECT 1` is. */
  | { readonly kind: "mysql" | "pgsql"; readonly isFull?: boolean }
  /** Knows the login `checker` with the password `right`. */
  | { readonly kind: "radius"; readonly secret: string; readonly wantsSignature?: boolean };

export interface DnsReply {
  readonly code?: number;
  readonly records?: readonly (readonly [type: "A" | "AAAA" | "CNAME" | "PTR", value: string])[];
}

/** Which certificate a TLS server shows: `good` is for its address, `otherName` for a name that is not its own. */
export type CertificateName = "good" | "otherName" | "expired" | "selfSigned";

export interface Tls {
  readonly certificate: CertificateName;
  /** Shown to who asks for a name. */
  readonly byName?: CertificateName;
}

export type Verdict = "up" | "down";

/** One real server behind one virtual service. */
export interface Case {
  /** Names it together with the service; unique. */
  readonly name: string;
  readonly server: Script;
  readonly tls?: Tls;
  readonly family?: 4 | 6;
  readonly protocol?: "tcp" | "udp";
  /** Where it listens, if not on the port of the service. */
  readonly port?: number;
  /** A further server of the same host. */
  readonly beside?: { readonly port: number; readonly server: Script; readonly tls?: Tls };
  /** Directives; `REAL` stands for the real server's address, in brackets for IPv6. */
  readonly lines?: readonly string[];
  /** The request and pattern of the real server's own line. */
  readonly own?: string;
  readonly verdict: Verdict | Difference;
}

export interface Difference {
  readonly original: Verdict;
  readonly ours: Verdict;
  /** Why ours is right. */
  readonly why: string;
  /** Where the behaviour specification speaks of it. */
  readonly id: string;
}

export type Cases = Readonly<Record<string, readonly Case[]>>;

export const silent: Script = { kind: "silent" };
export const gone: Script = { kind: "gone" };

/** The original alone takes it for alive. */
export const onlyOriginal = (why: string, id: string): Difference => ({
  original: "up",
  ours: "down",
  why,
  id,
});
/** The original alone takes it for dead. */
export const onlyOurs = (why: string, id: string): Difference => ({
  original: "down",
  ours: "up",
  why,
  id,
});
