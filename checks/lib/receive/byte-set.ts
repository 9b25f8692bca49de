/** Sets of bytes: what one place of a pattern takes. Membership by code, 0..255. */
export type ByteSet = readonly boolean[];

export const bytesWhere = (has: (code: number, char: string) => boolean): ByteSet =>
  Array.from({ length: 256 }, (_, code) => has(code, String.fromCharCode(code)));

export const bytesOf = (chars: RegExp): ByteSet => bytesWhere((_code, char) => chars.test(char));

export const complement = (set: ByteSet): ByteSet => set.map((has) => !has);

/** Both cases of each ASCII letter in it: Perl folds no other bytes. */
export const foldCase = (set: ByteSet): ByteSet =>
  bytesWhere(
    (code, char) =>
      set[code] === true || (/[A-Za-z]/.test(char) && set[char.charCodeAt(0) ^ 0x20] === true),
  );

/** @returns the set in JavaScript's words: a character, a class, or what never fits */
export function setAsRegExp(set: ByteSet): string {
  const ranges: string[] = [];
  for (let from = 0; from < 256; from++) {
    if (set[from] !== true) continue;
    let to = from;
    while (set[to + 1] === true) to++;
    ranges.push(from === to ? escaped(from) : `${escaped(from)}-${escaped(to)}`);
    from = to;
  }
  if (ranges.length === 0) return "(?!)";
  const [only = ""] = ranges;
  return ranges.length === 1 && !only.includes("-") ? only : `[${ranges.join("")}]`;
}

/** A byte that stands for itself, in a class and outside. */
const escaped = (code: number): string => {
  const char = String.fromCharCode(code);
  return /[A-Za-z0-9 ]/.test(char) ? char : `\\x${code.toString(16).padStart(2, "0")}`;
};
