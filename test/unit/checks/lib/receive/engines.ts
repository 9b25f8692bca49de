import { runInNewContext } from "node:vm";
import { compilePattern, type Pattern } from "../../../../../checks/lib/receive/pattern.ts";

export function patternOf(text: string): Pattern {
  const compiled = compilePattern(text);
  if (!compiled.ok) throw new Error(`${text}: ${compiled.error}`);
  if ("staysDown" in compiled.value) throw new Error(`${text}: ${compiled.value.staysDown}`);
  return compiled.value;
}

/** Whether `text` (latin1) fits, said by every engine that has words for the pattern: they must agree. */
export function fits({ text: source, literal, re2, javaScript }: Pattern, text: string): boolean {
  const said = {
    ...(literal !== undefined && { literal: text.includes(literal) }),
    ...(re2 !== undefined && { re2: re2.program.test(text) }),
    ...(javaScript !== undefined && runJavaScript(javaScript, text)),
  };
  const [first, ...others] = Object.values(said);
  if (first === undefined || others.some((other) => other !== first))
    throw new Error(`${source} in ${JSON.stringify(text)}: ${JSON.stringify(said)}`);
  return first;
}

/** Says nothing where it would have to try too long: there RE2 has the word. */
function runJavaScript(javaScript: string, text: string): { javaScript?: boolean } {
  try {
    const found = runInNewContext(
      "new RegExp(javaScript).test(text)",
      { javaScript, text },
      { timeout: 500 },
    );
    return { javaScript: found };
  } catch {
    return {};
  }
}
