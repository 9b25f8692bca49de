import type { Secret } from "../../src/model/secret.ts";
import { bytesAsText, oneLine } from "./detail.ts";

/**
 * A reply as a verdict's detail.
 * @param reply latin1: one character a byte
 * @param secret what was sent in this dialogue: a server may repeat a command it does not like
 */
export function serverWords(reply: string, secret?: Secret): string {
  const text = bytesAsText(reply);
  const sent = secret?.reveal() ?? "";
  const isRepeated = [text, text.replace(/\\(.)/g, "$1")].some((words) => words.includes(sent));
  if (sent !== "" && isRepeated) return "(a reply with the password in it)";
  return oneLine(text);
}
