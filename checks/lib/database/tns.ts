/** What an Oracle listener says before a session: packets of TNS, looked at before the driver acts on them. */
import { isIP } from "node:net";
import type { Endpoint } from "../../../src/model/address.ts";
import { oneLine } from "../detail.ts";
import { DownNow } from "../stream/dialogue.ts";
import type { Inspect } from "./guard.ts";

const accept = 2;
const refuse = 4;
const redirect = 5;
const data = 6;
const resend = 11;
const control = 14;
const firstTypes: ReadonlySet<number> = new Set([accept, refuse, redirect, resend, control]);

/** Length, checksum, type, flags, checksum; a redirect then has the length of its text. */
const headerBytes = 8;
const redirectHeaderBytes = 10;
/** The text is an address; what to say there follows it after a zero. */
const isSeparated = 0x02;
const maxRedirectBytes = 8192;
/** A listener asks for it once, when it has forked. */
const maxResends = 4;

/**
 * What is no TNS shows by the type of its first packet; the driver would wait for more. A redirect is followed
 * to an address and a port: anything else (names, other protocols, proxies, retries) would have the driver do
 * things at the listener's word.
 */
export function listenerAnswers(onRedirect: (to: Endpoint) => void): Inspect {
  let seen = Buffer.alloc(0);
  let isOver = false;
  let resends = 0;
  /** A redirect whose text comes in a packet of its own. */
  let awaited: { readonly flags: number } | undefined;
  const follow = (flags: number, text: string): void => {
    const end = (flags & isSeparated) === 0 ? -1 : text.indexOf("\0");
    onRedirect(addressIn(end < 0 ? text : text.slice(0, end)));
    isOver = true;
  };
  return (chunk) => {
    if (isOver) return;
    seen = Buffer.concat([seen, chunk]);
    for (;;) {
      const type = seen[4];
      if (type === undefined) return;
      const isExpected = awaited === undefined ? firstTypes.has(type) : type === data;
      if (!isExpected) throw new DownNow("protocol", "the answer is none of an Oracle listener");
      if (type === accept || type === refuse) {
        isOver = true;
        return;
      }
      const length = seen.readUInt16BE(0);
      if (length < headerBytes || length > maxRedirectBytes)
        throw new DownNow("protocol", `an Oracle listener's packet of ${length} bytes`);
      if (seen.length < length) return;
      const packet = seen.subarray(0, length);
      seen = seen.subarray(length);
      if (type === resend && ++resends > maxResends)
        throw new DownNow("protocol", "the listener wants to be asked again and again");
      if (awaited !== undefined)
        return follow(awaited.flags, packet.toString("latin1", redirectHeaderBytes));
      if (type !== redirect) continue;
      const flags = packet[5] ?? 0;
      if (length > redirectHeaderBytes)
        return follow(flags, packet.toString("latin1", redirectHeaderBytes));
      awaited = { flags };
    }
  };
}

/** `(ADDRESS=(PROTOCOL=TCP)(HOST=192.0.2.5)(PORT=1521))`, in a DESCRIPTION or not. */
function addressIn(text: string): Endpoint {
  const [, inner = ""] =
    /^(?:\((?:DESCRIPTION|ADDRESS_LIST)=){0,2}\(ADDRESS=((?:\([A-Z]{1,16}=[^()=]{1,64}\)){1,3})\){1,3}$/i.exec(
      text.slice(0, 512).replace(/[\s\0]+/g, ""),
    ) ?? [];
  const values = new Map(
    [...inner.matchAll(/\(([A-Z]+)=([^()=]+)\)/gi)].map(([, key = "", value = ""]) => [
      key.toUpperCase(),
      value,
    ]),
  );
  const address = values.get("HOST") ?? "";
  const port = Number(values.get("PORT"));
  const isPlain = values.size === 3 && values.get("PROTOCOL")?.toUpperCase() === "TCP";
  if (isPlain && isIP(address) !== 0 && !address.includes("%") && port >= 1 && port <= 65_535)
    return { address, port };
  throw new DownNow(
    "protocol",
    `the listener redirects to "${oneLine(text, 100)}": only an address and a port are followed`,
  );
}
