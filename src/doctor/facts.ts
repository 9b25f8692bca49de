import type { IniSettings } from "../ini/sections.ts";
import type { SyncDaemon } from "../ipvs/sync-daemon.ts";
import type { Result } from "../model/result.ts";
import type { VirtualService } from "../model/virtual-service.ts";
import type { Word } from "../role/role.ts";

/** What was seen, or why it could not be looked at. */
export type Seen<T> = Result<T, string>;

/** All that the rules judge by: what the file wants, and how this host is set up. A plain value. */
export interface Facts {
  readonly virtuals: readonly VirtualService[];
  /** What the `ldirectord-ng.ini` asks of one of several directors. */
  readonly ini: Pick<IniSettings, "role" | "sync">;
  /** What `[role] follow` says now; undefined where it follows nobody. */
  readonly role: Seen<Word> | undefined;
  /** Those that run. */
  readonly syncDaemons: Seen<readonly SyncDaemon[]>;
  readonly modules: Modules;
  /** By name as `sysctl` writes it; those that the rules know and the kernel has. */
  readonly sysctls: ReadonlyMap<string, string>;
  readonly links: Seen<readonly Link[]>;
  /** By address of a virtual service or a real server. */
  readonly ways: Seen<ReadonlyMap<string, Way>>;
  /** Who answered ARP for a virtual address, by that address; those that were asked for. */
  readonly claims: Seen<ReadonlyMap<string, readonly Claim[]>>;
  readonly firewall: Seen<FirewallRules>;
  readonly openFiles: OpenFiles;
  readonly clock: Clock;
}

export interface Modules {
  /** Loaded, or a part of the kernel. */
  readonly present: ReadonlySet<string>;
  /** Files that modprobe finds, or parts of the kernel. */
  readonly loadable: Seen<ReadonlySet<string>>;
}

export interface Link {
  readonly name: string;
  readonly index: number;
  readonly isUp: boolean;
  /** Has neighbours who ask by ARP: neither the loopback, nor a tunnel, nor a dummy. */
  readonly asksByArp: boolean;
  /** Bytes of an IP packet. */
  readonly mtu: number;
  /** `02:00:00:00:00:01`, or "". */
  readonly mac: string;
  readonly addresses: readonly LinkAddress[];
}

export interface LinkAddress {
  readonly address: string;
  readonly prefixBits: number;
}

/** Where the kernel would send a packet now. */
export type Way =
  | { readonly kind: "own" }
  /** `mtu`: bytes, as far as the kernel has learnt. */
  | {
      readonly kind: "through";
      readonly device: string;
      readonly mtu: number;
    }
  | { readonly kind: "none" };

/** Somebody else who has one of our virtual addresses. */
export interface Claim {
  readonly device: string;
  readonly mac: string;
  /** Real servers' addresses that it answers for, too. */
  readonly knownAs: readonly string[];
}

export interface FirewallRules {
  readonly rewrites: readonly Rewrite[];
  /** Has rules that ask for the state of a connection. */
  readonly asksForState: boolean;
}

/** A rule that puts an address of this host in the place of clients' addresses. */
export interface Rewrite {
  /** It asks whether the packet is IPVS's. */
  readonly isForIpvs: boolean;
  /** The link that packets leave by, where it asks for one; `eth+` is all that begin so. */
  readonly device?: string;
}

export interface OpenFiles {
  /** RLIMIT_NOFILE; Infinity without one. */
  readonly limit: number;
  /** `the daemon (pid 12)`, or `this shell`. */
  readonly of: string;
}

interface Clock {
  /** Epoch milliseconds. */
  readonly now: number;
  /** What adjtimex(2) says. */
  readonly isSynchronised: Seen<boolean>;
}
