/** Longest detail, in characters: it goes on one log line. */
const maxDetailChars = 200;

/** Text from a real server or a program as part of one log line: no control bytes, bounded. */
export function oneLine(text: string, maxChars = maxDetailChars): string {
  const flat = text
    .slice(0, maxChars * 4)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
    .replace(/[\x00-\x20\x7f-\x9f]+/g, " ")
    .trim();
  return flat.length > maxChars ? `${flat.slice(0, maxChars)}…` : flat;
}

/** Bytes as text for a person: UTF-8, what is not UTF-8 shows as U+FFFD. @param latin1 one character a byte */
export const bytesAsText = (latin1: string): string =>
  Buffer.from(latin1, "latin1").toString("utf8");
