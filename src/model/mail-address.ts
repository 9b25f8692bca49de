import addressparser from "nodemailer/lib/addressparser";

/** `"a@b", "c@d"`: the original hands such quotes on, and no mail server takes them. */
export const withoutQuotes = (to: string): string =>
  to.replace(/"([^"\s]+@[^"\s]+)"(?=\s*(?:,|$))/g, "$1");

/** A bare `root` is an address too. */
export const recipientsIn = (to: string): readonly string[] =>
  addressparser(to, { flatten: true }).map(({ address, name }) => address || name);

export interface Sender {
  /** For the envelope. */
  readonly address: string;
  /** For the From header. */
  readonly header: string;
}

/** `lb@example.org`, `Load Balancer <lb@example.org>`, either of them in quotes; undefined when it holds no address. */
export function senderOf(from: string): Sender | undefined {
  const text = /^\s*"([^"]*@[^"]*)"\s*$/.exec(from)?.[1] ?? from;
  const [, display = "", inside] = /^(.*)<\s*([^<>\s]+)\s*>\s*$/s.exec(text) ?? [];
  const address = inside ?? text.trim();
  if (address === "" || /[\s<>"(),;]/.test(address)) return undefined;
  const name = display.trim();
  if (name === "") return { address, header: address };
  if (/^"([^"\\]|\\.)*"$/s.test(name)) return { address, header: `${name} <${address}>` };
  // RFC 5322 atoms need no quotes, and encoded words must have none.
  const isPlain = /^[\w !#$%&'*+/=?^`{|}~-]*$/.test(name) || !/^[ -~]*$/.test(name);
  const shown = isPlain ? name : `"${name.replace(/["\\]/g, "\\$&")}"`;
  return { address, header: `${shown} <${address}>` };
}
