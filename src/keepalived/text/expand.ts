/** Definitions (`$NAME=value`) and conditional lines (`@name …`): keepalived.conf(5), "ADVANCED CONFIGURATION". */
import { dirname } from "node:path";
import type { ConfPlace, Findings } from "../finding.ts";
import type { SourceLine } from "./source.ts";
import { withoutComment } from "./words.ts";

export interface ExpandOptions {
  /** keepalived's `-i`: whom a conditional line is for. Its default is the host's name up to the first dot. */
  readonly configId: string;
}

/** One that says itself ends here, and one that doubles at each step soon, too. */
const limits = { rounds: 256, depth: 16, lines: 500_000, lineChars: 65_536, chars: 2 ** 28 };

const definition = /^\s*\$([A-Za-z_]\w*)=(.*)$/s;
const use = /\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)(?=\s|$)/;

/** Lines without comments, parameters put in, and those left out that are for another host. */
export function expanded(
  source: readonly SourceLine[],
  findings: Findings,
  { configId }: ExpandOptions,
): readonly SourceLine[] {
  const values = new Map<string, readonly SourceLine[]>();
  const done: SourceLine[] = [];
  const others = new Set<string>();
  let steps = 0;
  let chars = 0;

  const take = (lines: readonly SourceLine[], depth: number): void => {
    for (let at = 0; at < lines.length; at += 1) {
      const line = lines[at];
      if (line === undefined) break;
      steps += 1;
      if (steps > limits.lines) {
        if (steps === limits.lines + 1)
          tooMuch(line, findings, "is the line at which there are too many");
        return;
      }
      const text = isFor(withoutComment(line.text), line);
      if (text === undefined) continue;
      const [, name, value = ""] = definition.exec(text) ?? [];
      if (name !== undefined) {
        const rest = continued({ ...line, text: value }, lines.slice(at + 1, at + 1 + 1_000));
        values.set(name, rest);
        at += rest.length - 1;
      } else put({ ...line, text }, depth);
    }
  };

  /** What `@name` leaves of a line: undefined when it is for somebody else. */
  const isFor = (text: string, place: ConfPlace): string | undefined => {
    const [, not, name = "", rest = ""] = /^\s*@(\^?)(\S+)(.*)$/s.exec(text) ?? [];
    if (name === "") return text;
    if ((name === configId) !== (not === "^")) return rest;
    if (!others.has(`${not}${name}`)) {
      others.add(`${not}${name}`);
      const meaning = `lines for this config-id are left out: the file is read as keepalived on "${configId}" reads it`;
      findings.differs(place, `@${not}${name}`, meaning, `import it on each host by itself`);
    }
    return undefined;
  };

  const put = (line: SourceLine, depth: number): void => {
    let text = line.text;
    if (/^\s*~SEQx?\(/.test(text)) {
      const meaning = "a line that is repeated with numbers is left out";
      findings.lost(line, text.trim(), meaning, "write its lines out");
      return;
    }
    for (let round = 0; ; round += 1) {
      const found = nextUse(text, values, line, configId);
      if (found === undefined) break;
      chars += text.length;
      const isTooLong = text.length > limits.lineChars || chars > limits.chars;
      if (round === limits.rounds || isTooLong || depth > limits.depth) {
        tooMuch(
          line,
          findings,
          "has parameters that name one another without an end, or too much text",
        );
        return;
      }
      const [before, value, after] = found;
      if (value.length === 1) text = `${before}${value[0]?.text ?? ""}${after}`;
      else {
        const lines = value.map((each) => ({ ...each }));
        const [first, last] = [lines[0], lines.at(-1)];
        if (first !== undefined) lines[0] = { ...first, text: `${before}${first.text}` };
        if (last !== undefined) lines[lines.length - 1] = { ...last, text: `${last.text}${after}` };
        take(lines, depth + 1);
        return;
      }
    }
    const again = isFor(text, line);
    if (again === undefined) return;
    done.push({ ...line, text: again });
  };

  take(source, 0);
  return done;
}

const tooMuch = (place: SourceLine, findings: Findings, why: string): void =>
  findings.lost(place, place.text.trim(), `${why}; it is left out`);

/** A value that ends with a backslash goes on in the next line. */
function continued(first: SourceLine, more: readonly SourceLine[]): readonly SourceLine[] {
  const lines = [first];
  const goesOn = /\\\s*$/;
  for (const next of more) {
    if (!goesOn.test(lines.at(-1)?.text ?? "")) break;
    lines.push({ ...next, text: withoutComment(next.text) });
  }
  return lines.map((line) => ({ ...line, text: line.text.replace(goesOn, "") }));
}

/** The first parameter in the text that is defined, or that keepalived defines, with what is around it. */
function nextUse(
  text: string,
  values: ReadonlyMap<string, readonly SourceLine[]>,
  line: SourceLine,
  configId: string,
): readonly [before: string, value: readonly SourceLine[], after: string] | undefined {
  let from = 0;
  for (;;) {
    const found = use.exec(text.slice(from));
    if (found === null) return undefined;
    const name = found[1] ?? found[2] ?? "";
    const at = from + found.index;
    const value = values.get(name) ?? predefined(name, line, configId);
    const end = at + found[0].length;
    if (value !== undefined) return [text.slice(0, at), value, text.slice(end)];
    from = end;
  }
}

function predefined(
  name: string,
  line: SourceLine,
  configId: string,
): readonly SourceLine[] | undefined {
  const words: Readonly<Record<string, string>> = {
    _PWD: dirname(line.file),
    _INSTANCE: configId,
    _HASH: "#",
    _BANG: "!",
  };
  const text = words[name];
  return text === undefined ? undefined : [{ ...line, text }];
}
