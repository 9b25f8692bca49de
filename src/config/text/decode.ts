import type { Steps } from "../turns.ts";

const stepBytes = 262_144;

/** UTF-8; bytes that are not are taken as Latin-1, as in old files with comments in it. */
export function* decoding(
  bytes: Uint8Array,
): Steps<{ readonly text: string; readonly isLatin1: boolean }> {
  const parts = function* (decode: (part: Uint8Array) => string): Steps<string> {
    const texts: string[] = [];
    for (let from = 0; from < bytes.length; from += stepBytes) {
      yield;
      texts.push(decode(bytes.subarray(from, from + stepBytes)));
    }
    return texts.join("");
  };
  try {
    const utf8 = new TextDecoder("utf-8", { fatal: true });
    const text = yield* parts((part) => utf8.decode(part, { stream: true }));
    return { text: text + utf8.decode(), isLatin1: false };
  } catch {
    const text = yield* parts((part) => Buffer.from(part).toString("latin1"));
    return { text, isLatin1: true };
  }
}
