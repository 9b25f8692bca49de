import { existsSync, readFileSync } from "node:fs";

/** The source of ldirectord(8) too; seen from the installed bundle, from src/process/ and from dist/src/process/. */
const places = ["..", "../..", "../../.."].map((up) => `${up}/docs/ldirectord.8.md`);

/** What `-h` prints. @returns undefined when the file is missing */
export function readManual(): string | undefined {
  const file = places
    .map((place) => new URL(place, import.meta.url))
    .find((url) => existsSync(url));
  return file && plainManual(readFileSync(file, "utf8"));
}

const width = 78;

/** Pure: the manual for a terminal, or for a pipe. */
export function plainManual(markdown: string): string {
  const blocks = markdown.trim().split(/\n{2,}/);
  let indent = 4;
  const lines = blocks.flatMap((block): string[] => {
    const [, level, title = ""] = /^(#+) (.*)$/.exec(block) ?? [];
    if (level !== undefined) {
      indent = level.length === 3 ? 8 : 4;
      return ["", `${" ".repeat(2 * (level.length - 1))}${plain(title)}`];
    }
    if (block.startsWith("    "))
      return ["", ...block.split("\n").map((line) => `    ${line}`), ""];
    return [...wrap(plain(block), indent), ...(indent === 4 ? [""] : [])];
  });
  return `${lines
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim()}\n`;
}

/** Without marks. In code a star or an underscore is itself. */
function plain(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith("`")
        ? part.slice(1, -1)
        : part.replace(/\*\*([^*]+)\*\*/g, "$1").replace(/\*([^*]+)\*/g, "$1"),
    )
    .join("");
}

function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((each) => " ".repeat(indent) + each);
}
