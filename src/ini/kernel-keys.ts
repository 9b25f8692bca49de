/** Settings of the kernel's IPVS that are not of one virtual service: `[sync]` and `[timeouts]`. */
import { isIP } from "node:net";
import { suggestion } from "../config/text/suggestion.ts";
import { addressToBytes, canonicalAddress } from "../model/address.ts";
import type { Place } from "../model/place.ts";
import { err, ok, type Result } from "../model/result.ts";
import type { RoleSettings } from "./role-keys.ts";

/** Of the thread that tells other directors of the connections, and the one that hears them. */
export interface SyncSettings {
  readonly start?: { readonly word: (typeof startWords)[number]; readonly place: Place };
  readonly interface?: string;
  /** 0..255 */
  readonly id?: number;
  readonly maxBytes?: number;
  readonly group?: string;
  readonly port?: number;
  readonly ttl?: number;
}

/** Seconds. */
export interface TimeoutSettings {
  readonly tcp?: number;
  readonly tcpFin?: number;
  readonly udp?: number;
}

/** `role`: as the role is, of anything: master while active, backup while spare. */
const startWords = ["master", "backup", "both", "role", "off"] as const;

type Key<S> = (text: string, place: Place) => Result<Partial<S>, string>;

const number =
  <S>(key: keyof S, what: string, min: number, max: number): Key<S> =>
  (text) => {
    const read = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (read >= min && read <= max) return ok({ [key]: read } as Partial<S>);
    return err(`"${text}" is not ${what} from ${min} to ${max}`);
  };

/** The kernel brings what is outside of these bounds into bounds of its own, without a word. */
const maxlen = number<SyncSettings>("maxBytes", "a number of bytes", 1024, 65_487);

export const syncKeys: Readonly<Record<string, Key<SyncSettings>>> = {
  start: (text, place) => {
    const word = startWords.find((known) => known === text);
    if (word !== undefined) return ok({ start: { word, place } });
    return err(`"${text}" is neither ${startWords.join(" nor ")}${suggestion(text, startWords)}`);
  },
  interface: (text) => {
    // linux/if.h IFNAMSIZ
    const isName = /^[^\s/:]{1,15}$/.test(text) && Buffer.byteLength(text) <= 15;
    if (isName) return ok({ interface: text });
    return err(`"${text}" is no interface's name`);
  },
  id: number("id", "an id", 0, 255),
  maxlen,
  group: (text) => {
    if (isMulticast(text)) return ok({ group: canonicalAddress(text) ?? text });
    return err(`"${text}" is not a multicast address; write 224.0.0.81, or ff02::81`);
  },
  port: number("port", "a port", 1, 65_535),
  ttl: number("ttl", "a TTL", 1, 255),
};

/** The kernel counts in its own ticks, in 31 bits. */
const seconds = (key: keyof TimeoutSettings) =>
  number<TimeoutSettings>(key, "a number of seconds", 1, 2_147_483);

export const timeoutKeys: Readonly<Record<string, Key<TimeoutSettings>>> = {
  tcp: seconds("tcp"),
  "tcp-fin": seconds("tcpFin"),
  udp: seconds("udp"),
};

/** What start wants beside itself. */
export function syncLacks({ start, interface: name }: SyncSettings = {}, role?: RoleSettings) {
  if (start === undefined || start.word === "off") return undefined;
  const { word, place } = start;
  if (name === undefined) {
    return { place, message: `"${word}" wants an interface; write interface = eth0 below it` };
  }
  if (word !== "role" || role?.follow !== undefined) return undefined;
  return {
    place,
    message: '"role" wants to know the role; write [role] and follow = vip below it',
  };
}

function isMulticast(text: string): boolean {
  if (isIP(text) === 0 || canonicalAddress(text) === undefined) return false;
  const bytes = addressToBytes(text);
  const [first = 0] = bytes;
  return bytes.length === 4 ? first >> 4 === 0xe : first === 0xff;
}
