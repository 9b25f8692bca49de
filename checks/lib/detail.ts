export { oneLine } from "../../src/model/one-line.ts";

/** Bytes as text for a person: UTF-8, what is not UTF-8 shows as U+FFFD. @param latin1 one character a byte */
export const bytesAsText = (latin1: string): string =>
  isPlain.test(latin1) ? latin1 : Buffer.from(latin1, "latin1").toString("utf8");

/** The same in both. */
const isPlain = /^[ -~]*$/;
