import { isError, wordsOf } from "../config/diagnostics.ts";
import type { Found } from "../daemon/prepare.ts";
import { printable } from "../model/one-line.ts";

/** What makes a file one that cannot be taken up: a line each, with its place. */
export function mistakesText({ diagnostics, unkept }: Found): string {
  const lines = diagnostics.filter(isError).map((each) => {
    const place = each.line > 0 ? `${each.path}:${each.line}:${each.column}` : each.path;
    return `${printable(`${place}: error: ${wordsOf(each)}`)}\n`;
  });
  return [...lines, ...(unkept.errors > 0 ? [`… and ${unkept.errors} more\n`] : [])].join("");
}
