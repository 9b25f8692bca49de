import { isIPv4 } from "node:net";
import { schedulerFlags } from "../../model/virtual-service.ts";
import { suggestion } from "../text/suggestion.ts";
import { bad, type Reading } from "./reading.ts";

/** `schedflags=`: names joined by commas, as `ipvsadm -b` takes them. The value is the OR of their bits. */
export function readSchedulerFlags(value: string, legacy: string | undefined): Reading {
  const word = /\S+/.exec(value)?.[0];
  if (word === undefined) return bad(legacy, "is empty; write schedflags=sh-port");
  let bits = 0;
  for (const name of word.split(",")) {
    const bit = schedulerFlags.get(name);
    if (bit === undefined) {
      const known = [...schedulerFlags.keys()];
      const hint = suggestion(name, known) || `; it is one of ${known.join(", ")}`;
      return bad(undefined, `"${name}" is no scheduler flag${hint}`);
    }
    bits |= bit;
  }
  return { value: bits, problems: [] };
}

/** IPv4: the mask as an unsigned number. IPv6: a prefix length. */
export function readNetmask(value: string, family: 4 | 6): Reading {
  if (family === 6) {
    const length = /^\d+$/.test(value) ? Number(value) : 0;
    if (length >= 1 && length <= 128) return { value: length, problems: [] };
    return bad(
      "invalid netmask: a prefix length between 1 and 128 is required",
      `${JSON.stringify(value)} is not a prefix length; write netmask=64`,
    );
  }
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(value)) {
    return bad(
      "invalid netmask: dotted quad notation is required",
      `${JSON.stringify(value)} is not a dotted quad; write netmask=255.255.255.0`,
    );
  }
  const octets = value.split(".").map(Number);
  const plain = octets.join(".");
  if (!isIPv4(plain)) {
    return bad(
      undefined,
      `${JSON.stringify(value)} has a part above 255; write netmask=255.255.255.0`,
    );
  }
  return { value: Buffer.from(octets).readUInt32BE(0), problems: [] };
}
