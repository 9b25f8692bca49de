import { type Stats, unwatchFile, watchFile } from "node:fs";
import { contentHash, hashOfBoth, ownHash } from "./content-hash.ts";
import { readRegularFile } from "./read-file.ts";

export interface WatchOptions {
  /** Another file that counts as a part of this one, if it is there. */
  readonly beside?: string;
  /** What the bytes hashed to when they were loaded: see hashOfBoth. Without it, what is found first is no change. */
  readonly hash?: string;
  /** Between two looks at the file. Default 1 s. */
  readonly intervalMs?: number;
  /** The content is another one, and has been the same for two looks. @param changed the path of the file */
  readonly onChange: (hash: string, changed: string) => unknown;
  /** The file is missing, or one of the two can not be read: said once, until they can be read again. */
  readonly onUnreadable?: (path: string) => unknown;
}

export interface ConfigWatch {
  /** This content is known by now: it is no change any more. Whether the file still has it is looked at. */
  accept(hash: string): void;
  stop(): void;
}

/**
 * Tells when the content of a file, or of the one beside it, changes, however it was written: in place, by rename, by a link
 * that points elsewhere. The file's stat is polled (links followed), its content compared: a touch is
 * no change. A change counts once two looks in a row agree, so that half an edit is never taken.
 *
 *   quiet ── stat differs ──► looking ── same hash twice ──► onChange if new ──► quiet
 */
export function watchConfig(path: string, options: WatchOptions): ConfigWatch {
  const { beside, intervalMs = 1_000 } = options;
  const paths = beside === undefined ? [path] : [path, beside];
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
    const found = await hashNow();
    isLooking = false;
    if (isStopped) return;
    if (typeof found === "string") {
      isUnreadable = false;
      judge(found);
    } else {
      candidate = undefined;
      if (!isUnreadable) options.onUnreadable?.(found.unreadable);
      isUnreadable = true;
    }
    if (isDirty) {
      isDirty = false;
      lookSoon();
    }
  };

  const hashNow = async (): Promise<string | { readonly unreadable: string }> => {
    const own = await readRegularFile(path).then(contentHash, () => undefined);
    if (own === undefined) return { unreadable: path };
    if (beside === undefined) return own;
    try {
      return hashOfBoth(own, contentHash(await readRegularFile(beside)));
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      return isMissing ? own : { unreadable: beside };
    }
  };

  const judge = (hash: string): void => {
    if (known === undefined) known = hash;
    if (hash === known) {
      candidate = undefined;
    } else if (hash === candidate) {
      candidate = undefined;
      const changed = ownHash(hash) === ownHash(known) ? beside : path;
      known = hash;
      options.onChange(hash, changed ?? path);
    } else {
      candidate = hash;
      lookSoon();
    }
  };

  const onStat = (_now: Stats, _before: Stats): void => void look();
  for (const each of paths) watchFile(each, { interval: intervalMs, persistent: false }, onStat);
  // What happened between the load and this line has no stat to differ from.
  void look();
  return {
    accept: (hash) => {
      known = hash;
      // It may have become another one, or what it was, before this one was known.
      if (!isStopped) void look();
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
      for (const each of paths) unwatchFile(each, onStat);
    },
  };
}
