import { InvalidArgumentError } from "commander";

const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `90s`, `10m`, `2h`, `1h30m`, `1d`. @returns seconds @throws InvalidArgumentError, which commander tells */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d{1,9})([smhd])/g)];
  const isWhole = parts.map(([part]) => part).join("") === text && parts.length > 0;
  const seconds = parts.reduce(
    (sum, [, number, unit]) => sum + Number(number) * units[unit as keyof typeof units],
    0,
  );
  if (isWhole && seconds > 0) return seconds;
  throw new InvalidArgumentError("It is no length of time: write 90s, 10m, 2h, 1h30m or 1d.");
}

/** Two units at most: `3d 4h`, `12m`, `5s`. @param ms 0 or more */
export function sayDuration(ms: number): string {
  let left = Math.max(0, Math.round(ms / 1000));
  const parts: string[] = [];
  for (const [unit, seconds] of Object.entries(units).reverse()) {
    const number = Math.floor(left / seconds);
    left -= number * seconds;
    if (number > 0) parts.push(`${number}${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ") || "0s";
}
