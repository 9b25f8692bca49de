import type { DirectiveName } from "../../config/text/directives.ts";
import { withoutUnprintable } from "../../model/one-line.ts";

/** One line of an ldirectord.cf. */
export type Line = readonly [name: DirectiveName, value: string];

/** In double quotes. @param text has none, and no control characters: see page.ts */
export const inQuotes = (text: string): string => `"${text}"`;

/** What may stand behind `checkcommand=`, `virtualhost=` and the like, as it is, for the original's reader, too. */
export const isPlainWord = (text: string): boolean => /^[\x21\x24-\x7e]+$/.test(text);

export const isPrintable = (text: string): boolean => withoutUnprintable(text, () => "") === text;

/** A virtual service, as the file has it: its lines below its head. */
export const blockText = (comment: string, [head, ...body]: readonly Line[]): string =>
  [
    `# ${comment}`,
    ...(head === undefined ? [] : [lineText(head)]),
    ...body.map((line) => `        ${lineText(line)}`),
    "",
  ].join("\n");

export const lineText = ([name, value]: Line): string => `${name}=${value}`;
