export { oneLine } from "../../src/model/one-line.ts";

/** Bytes as text for a person: UTF-8, what is not UTF-8 shows as U+FFFD. @param latin1 one character a byte */
export const bytesAsText = (latin1: string): string =>
  Buffer.from(latin1, "latin1").toString("utf8");
