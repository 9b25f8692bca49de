import { printable } from "../model/one-line.ts";

/** Text of HTML. What is put into it is escaped, unless it is Html itself: a server's words stay words. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | undefined | false | readonly Part[];

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

const escaped = (text: string): string =>
  printable(text).replace(/[&<>"'`]/g, (char) => escapes[char] ?? "");

function textOf(part: Part): string {
  if (part === undefined || part === false) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(textOf).join("");
  return escaped(String(part));
}

/** html`<b>${hostile}</b>`: what is `undefined` or `false` is nothing, a list its members. Attributes want quotes. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let text = literals[0] ?? "";
  for (const [i, part] of parts.entries()) text += textOf(part) + (literals[i + 1] ?? "");
  return new Html(text);
}

/** An address of this page. @param query what is undefined is left out */
export function linkTo(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const words = Object.entries(query).flatMap(([name, text]) =>
    text === undefined ? [] : [`${name}=${encodeURIComponent(text)}`],
  );
  return words.length === 0 ? path : `${path}?${words.join("&")}`;
}
