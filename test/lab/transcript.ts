/** A document with transcripts of a shell, as steps that can be played; see docs/tour.md. */

/** What the document has, in its order. */
export type Step =
  /** `$ command`, and what it printed, as the document says. */
  | { readonly kind: "command"; readonly command: string; readonly output: string }
  /** `<!-- lab: words -->`: what the world does meanwhile; a reader does not see it. */
  | { readonly kind: "world"; readonly words: string }
  /** A block below `<!-- lab: file NAME -->`. */
  | { readonly kind: "file"; readonly name: string; readonly text: string };

export function stepsOf(markdown: string): readonly Step[] {
  const steps: Step[] = [];
  const parts = /^<!-- lab: (.+) -->$|^```(\w*)\n([\s\S]*?)^```$/gm;
  for (const [, words, language, block = ""] of markdown.matchAll(parts)) {
    const before = steps.at(-1);
    if (words !== undefined) steps.push({ kind: "world", words });
    else if (language === "console") steps.push(...commandsOf(block));
    else if (before?.kind === "world" && before.words.startsWith("file ")) {
      steps[steps.length - 1] = { kind: "file", name: before.words.slice(5), text: block };
    }
  }
  return steps;
}

const commandsOf = (block: string): readonly Step[] =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const end = text.indexOf("\n");
      return { kind: "command", command: text.slice(0, end), output: text.slice(end + 1) };
    });

/** As a console block has it. */
export const transcriptOf = (command: string, output: string): string => `$ ${command}\n${output}`;

/**
 * A transcript without what differs from run to run. Nothing else may:
 *   dates (`2026-11-30 15:04:05Z`), lengths of time (`3m 2s`, `12 ms`) and the blanks around them; process ids;
 *   of the results of a check, those before the newest; how many connections a drain counts, and how often;
 *   that checks run late, as they do in a machine that has little time.
 */
export function withoutTimes(transcript: string): string {
  return transcript
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, "DATE")
    .replace(/^( *Error \[)\d+(\] reading file )/gm, "$1PID$2")
    .replace(/^checks run late: .*\n/gm, "")
    .replace(/(Its last results, newest first:\n.*\n)(?: {4}.*\n)*/g, "$1")
    .replace(/(?:^\d+ connections?, .* left\n)+/gm, "CONNECTIONS\n")
    .replace(/ *\b\d+ ms\b/g, " TIME")
    .replace(/\b\d+[smhd](?: \d+[smhd])?(?=[ :]|$) */gm, "TIME ");
}
