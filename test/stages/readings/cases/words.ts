import type { Difference } from "../../parity/case.ts";
import type { Reading } from "../reading.ts";

export { perlWarnings as perl } from "../../parity/cases/scenes/words.ts";

/** What is wrong besides the first line. */
const allMistakes: Difference = {
  id: "mistakes",
  ours: /^\/\S+\.cf(:\d+:\d+)?: |^The configuration/,
};
/** Ours takes what the original stops at. */
export const accepted: Difference = {
  id: "accepted",
  original: /^2$|^Error \[PID\]|^"$|^does not run$/,
  ours: /^0$|^runs$/,
};
/** A name without an address costs its server, service or fallback alone. */
export const unresolved: Difference = { ...accepted, id: "unresolved-names" };
/** Ours stops at what the original's kernel, shell or daemon stumbles over later. */
export const refused: Difference = {
  id: "refused-values",
  original: /^0$|^runs$/,
  ours: /^2$|^does not run$|^\/\S+\.cf(:\d+:\d+)?: |^Error \[PID\]|^The configuration/,
};
export const masked: Difference = {
  id: "masked-secrets",
  original: /(passwd|secret)=.*text|\.\.\./,
  ours: /(passwd|secret)=\*\*\*/,
};
const shown = (text: string): string =>
  text.replaceAll("\t", "\\t").replaceAll("\r", "\\r").replaceAll(/\n\s*/g, " ⏎ ");

/** A whole file. */
export const whole = (name: string, text: string, ...differs: Difference[]): Reading => ({
  name,
  text,
  ...(differs.length > 0 && { differs }),
});

/** A line outside every virtual service. */
export const global = (line: string, ...differs: Difference[]): Reading =>
  whole(shown(line), `# one\n${line}\n`, ...differs);

/** A line of a virtual service. */
export const inside = (line: string, ...differs: Difference[]): Reading =>
  insideOf("virtual=VIP:80", line, ...differs);
export const insideOf = (virtual: string, line: string, ...differs: Difference[]): Reading =>
  whole(
    virtual === "virtual=VIP:80" ? `in a service: ${shown(line)}` : `${virtual}: ${shown(line)}`,
    `# one\n${virtual}\n    checktype=on\n    ${line}\n\n`,
    ...differs,
  );

/** The original says the same first line, and stops there. */
export const wrong = (it: Reading): Reading => ({
  ...it,
  differs: [allMistakes, ...(it.differs ?? [])],
});

/** Lines that are all right, in one file: each daemon takes its time to start. */
export const fine = (name: string, ...lines: string[]): Reading =>
  whole(name, `${lines.join("\n")}\n`);

/** Each in a service of its own. */
export const fineInside = (name: string, ...lines: string[]): Reading =>
  fineInsideOf(name, "virtual=VIP", lines);
export const fineInsideOf = (name: string, virtual: string, lines: readonly string[]): Reading =>
  whole(
    name,
    lines.map((line, i) => `${virtual}:${8001 + i}\n    checktype=on\n    ${line}\n\n`).join(""),
  );
