import { type Stats, unwatchFile, watchFile } from "node:fs";
import { contentHash } from "./content-hash.ts";
import { readRegularFile } from "./read-file.ts";

export interface WatchOptions {
  /** What the file's bytes hashed to when it was loaded. Without it, what is found first is no change. */
  readonly hash?: string;
  /** Between two looks at the file. Default 1 s. */
  readonly intervalMs?: number;
  /** The content is another one, and has been the same for two looks. */
  readonly onChange: (hash: string) => unknown;
  /** The file is missing or can not be read: said once, until it can be read again. */
  readonly onUnreadable?: (why: string) => unknown;
}

export interface ConfigWatch {
  /** This content is known by now: it is no change any more. */
  accept(hash: string): void;
  stop(): void;
}

/**
 * Tells when the content of a file changes, however it was written: in place, by rename, by a link
 * that points elsewhere. The file's stat is polled (links followed), its content compared: a touch is
 * no change. A change counts once two looks in a row agree, so that half an edit is never taken.
 *
 *   quiet ── stat differs ──► looking ── same hash twice ──► onChange if new ──► quiet
 */
export function watchConfig(path: string, options: WatchOptions): ConfigWatch {
  const intervalMs = options.intervalMs ?? 1_000;
  let known = options.hash;
  /** Of the last look, while it waits to be confirmed. */
  let candidate: string | undefined;
  let isUnreadable = false;
  let isStopped = false;
  let isLooking = false;
  let isDirty = false;
  let timer: NodeJS.Timeout | undefined;

  const lookSoon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), intervalMs);
    timer.unref();
  };

  const look = async (): Promise<void> => {
    if (isLooking) {
      isDirty = true;
      return;
    }
    isLooking = true;
    const found = await readRegularFile(path).then(contentHash, (error: unknown) => {
      return { why: error instanceof Error ? error.message : String(error) };
    });
    isLooking = false;
    if (isStopped) return;
    if (typeof found === "string") {
      isUnreadable = false;
      judge(found);
    } else {
      candidate = undefined;
      if (!isUnreadable) options.onUnreadable?.(found.why);
      isUnreadable = true;
    }
    if (isDirty) {
      isDirty = false;
      lookSoon();
    }
  };

  const judge = (hash: string): void => {
    if (known === undefined) known = hash;
    if (hash === known) {
      candidate = undefined;
    } else if (hash === candidate) {
      candidate = undefined;
      known = hash;
      options.onChange(hash);
    } else {
      candidate = hash;
      lookSoon();
    }
  };

  const onStat = (_now: Stats, _before: Stats): void => void look();
  watchFile(path, { interval: intervalMs, persistent: false }, onStat);
  // What happened between the load and this line has no stat to differ from.
  void look();
  return {
    accept: (hash) => {
      known = hash;
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
      unwatchFile(path, onStat);
    },
  };
}
