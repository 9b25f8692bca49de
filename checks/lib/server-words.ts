import type { Secret } from "../../src/model/secret.ts";
import { bytesAsText, oneLine } from "./detail.ts";
import { maskFor } from "./mask.ts";

/**
 * A reply as a verdict's detail.
 * @param reply latin1: one character a byte
 * @param secret what was sent in this dialogue: a server may repeat a command it does not like
 */
export const serverWords = (reply: string, secret?: Secret): string =>
  textWords(bytesAsText(reply), secret);

/** As `serverWords`, for what is text already. */
export function textWords(text: string, secret?: Secret): string {
  const mask = secret === undefined ? undefined : maskFor(secret);
  return mask?.holds(text) === true ? "(a reply with the password in it)" : oneLine(text);
}
