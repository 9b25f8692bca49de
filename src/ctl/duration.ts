import { InvalidArgumentError } from "commander";
import { readDuration } from "../model/duration.ts";

/** `90s`, `10m`, `2h`, `1h30m`, `1d`. @returns whole seconds @throws InvalidArgumentError, which commander tells */
export function parseDuration(text: string): number {
  const seconds = (readDuration(text) ?? 0) / 1000;
  if (Number.isInteger(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError("It is no length of time: write 90s, 10m, 2h, 1h30m or 1d.");
}
