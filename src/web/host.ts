import { isIP } from "node:net";
import { canonicalAddress } from "../model/address.ts";
import { isLoopback } from "../model/web-place.ts";

/**
 * Whether a request means this listener. A page of elsewhere whose name was made to point here has a browser ask here,
 * and the browser says that name.
 * @param given its Host @param reached the address that it came to @param hosts names that are ours
 */
export function isOurHost(given: string, reached: string, hosts: readonly string[]): boolean {
  const [, six, name = ""] = /^(?:\[([\da-f:.]+)\]|([^:[\]\s]+))(?::\d{1,5})?$/i.exec(given) ?? [];
  const host = (six ?? name).toLowerCase();
  if (host === "") return false;
  if (hosts.some((ours) => ours.toLowerCase() === host)) return true;
  const here = reached.replace(/^::ffff:(?=\d+\.)/, "");
  if (host === "localhost") return isLoopback(here);
  return isIP(host) !== 0 && canonicalAddress(host) === canonicalAddress(here);
}
