/** What a piece of text means to the eye; what it looks like is the terminal's business. */
export type Tone = "good" | "bad" | "doubtful" | "strong" | "faint";

export interface Span {
  readonly text: string;
  readonly tone?: Tone;
}

export type Line = readonly Span[];

export const span = (text: string, tone?: Tone): Span =>
  tone === undefined ? { text } : { text, tone };

export const widthOf = (line: Line): number => line.reduce((sum, { text }) => sum + text.length, 0);

export const plain = (line: Line): string =>
  line
    .map(({ text }) => text)
    .join("")
    .trimEnd();

const codes: Readonly<Record<Tone, string>> = {
  good: "32",
  bad: "31",
  doubtful: "33",
  strong: "1",
  faint: "2",
};

export const painted = (line: Line): string =>
  line
    .map(({ text, tone }) => (tone === undefined ? text : `\x1b[${codes[tone]}m${text}\x1b[0m`))
    .join("");

/** What strangers said has no say over the terminal. */
export const harmless = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, "?");

/**
 * Breaks between words; a word that is too long is broken where it must be. Nothing is lost.
 * @param indent of every line but the first
 */
export function wrapped(text: string, width: number, indent = 0): string[] {
  const lines: string[] = [];
  const room = () => Math.max(1, width - (lines.length === 0 ? 0 : indent));
  const put = (line: string) => lines.push(lines.length === 0 ? line : " ".repeat(indent) + line);
  let rest = text.trimEnd();
  while (rest.length > room()) {
    const space = rest.lastIndexOf(" ", room());
    const end = space > 0 && rest.slice(0, space).trim() !== "" ? space : room();
    put(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  put(rest);
  return lines;
}
