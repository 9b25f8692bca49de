import { isIP } from "node:net";
import { canonicalAddress, formatEndpoint } from "./address.ts";

/** Where metrics, or the page, are to be had. */
export type WebPlace =
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "tcp"; readonly address: string; readonly port: number };

/** `127.0.0.1:9160`, `[::1]:9160` or an absolute path. @returns undefined when it is none of them */
export function readWebPlace(text: string): WebPlace | undefined {
  if (text.startsWith("/")) return { kind: "socket", path: text };
  const [, six, four = "", digits] = /^(?:\[([^\][]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = canonicalAddress(six ?? four);
  const port = Number(digits ?? "65536");
  if (address === undefined || port > 65_535) return undefined;
  if (isIP(address) !== (six === undefined ? 4 : 6)) return undefined;
  return { kind: "tcp", address, port };
}

/** As readWebPlace reads it. */
export const formatWebPlace = (place: WebPlace): string =>
  place.kind === "socket" ? place.path : formatEndpoint(place);

/** Whether nobody comes there but from this machine. */
export const isOwnPlace = (place: WebPlace): boolean =>
  place.kind === "socket" || isLoopback(place.address);

export const isLoopback = (address: string): boolean =>
  address === "::1" || address.startsWith("127.");
