const units: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** `10s`, `1m30s`, `250ms`. @returns milliseconds; undefined for what is none */
export function readDuration(text: string): number | undefined {
  if (!/^(\d{1,9}(ms|s|m|h|d))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)];
  return parts.reduce(
    (sum, [, digits, unit = ""]) => sum + Number(digits) * (units.get(unit) ?? 0),
    0,
  );
}

const seconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Two units at most: `3d 4h`, `12m`, `5s`. @param ms 0 or more */
export function sayDuration(ms: number): string {
  let left = Math.max(0, Math.round(ms / 1000));
  const parts: string[] = [];
  for (const [unit, each] of Object.entries(seconds).reverse()) {
    const number = Math.floor(left / each);
    left -= number * each;
    if (number > 0) parts.push(`${number}${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ") || "0s";
}
