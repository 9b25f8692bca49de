import { setFlagsFromString } from "node:v8";

/**
 * Memory before speed: young objects in 1 MiB, not in up to 16 that fill before anybody looks; and until `relaxHeap` old ones
 * are collected often and moved together, for a start reads much and keeps little. For all threads of this process, from now on; so before the
 * program is loaded. No words of the command line, which cluster agents read.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--optimize-for-size");
}

/** What was built at the start stays: to collect often would cost a tenth of each check. */
export function relaxHeap(): void {
  setFlagsFromString("--no-optimize-for-size");
}

/**
 * From so many on the checks that are under way fill 1 MiB by themselves, and are taken for old ones: that costs http a
 * fifth, and memory besides.
 */
const manyChecksASecond = 5_000;

/** Young objects have as much room as so many checks a second want. */
export function fitYoungSpace(checksASecond: number): void {
  const factor = checksASecond < manyChecksASecond ? 1 : 2;
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}
