import type { ServiceKey } from "../model/virtual-service.ts";

/** How a virtual service stands for those who send it clients; best first, each at its exit code. */
export const healthWords = ["usable", "degraded", "nobody", "unknown"] as const;
export type HealthWord = (typeof healthWords)[number];

/** Its real servers, counted. */
export interface HealthCount {
  /** Those that clients can use: up, and in the table with a weight above 0. */
  readonly up: number;
  /** All that the file names; `up` is at most that. */
  readonly of: number;
  /** Whether one has not been asked yet, and may be up. */
  readonly isAnyAwaited: boolean;
}

/** One virtual service, as others are told of it. */
export interface ServiceHealth {
  readonly id: string;
  readonly key: ServiceKey;
  readonly word: HealthWord;
  readonly up: number;
  readonly of: number;
}

/** @param share percent of its servers below which it is degraded; undefined: one is enough */
export function wordOf({ up, of, isAnyAwaited }: HealthCount, share?: number): HealthWord {
  if (up > 0) return share !== undefined && up * 100 < share * of ? "degraded" : "usable";
  return isAnyAwaited ? "unknown" : "nobody";
}

/** The same word by another share. */
export function reworded(
  { word, up, of }: Pick<ServiceHealth, "word" | "up" | "of">,
  share: number | undefined,
): HealthWord {
  if (share === undefined || up === 0) return word;
  return wordOf({ up, of, isAnyAwaited: false }, share);
}

/** One word for several: of none it is unknown. @param by of `--any` the best one counts, of `--all` the worst */
export function summed(words: readonly HealthWord[], by: "any" | "all"): HealthWord {
  const codes = words.map((word) => healthWords.indexOf(word));
  const code = by === "any" ? Math.min(...codes) : Math.max(...codes);
  return healthWords[code] ?? "unknown";
}
