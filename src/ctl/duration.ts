import { InvalidArgumentError } from "commander";
import { readDuration } from "../simulate/duration.ts";

const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `90s`, `10m`, `2h`, `1h30m`, `1d`. @returns whole seconds @throws InvalidArgumentError, which commander tells */
export function parseDuration(text: string): number {
  const seconds = (readDuration(text) ?? 0) / 1000;
  if (Number.isInteger(seconds) && seconds > 0) return seconds;
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
