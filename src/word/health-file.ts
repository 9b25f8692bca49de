import { type FileHandle, lstat, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { uptime } from "node:os";
import { dirname } from "node:path";
import { messageOf } from "../model/error-text.ts";
import { headOf } from "./file-text.ts";

/** A file that tells others how virtual services are, and that we live. It never throws, and nobody waits for it. */
export interface HealthFile {
  /** What is to stand in it has changed. */
  changed(): void;
  /** Settles when it is gone, or left without a heartbeat. @param isRemoved it is, unless it is another's by now */
  end(isRemoved: boolean): Promise<void>;
}

export interface HealthFileOptions {
  readonly path: string;
  /** What stands below the head. */
  readonly body: () => string;
  /** It can not be written: for who reads it, it is stale soon. */
  readonly onFailed: (cause: string) => void;
  readonly onRecovered: () => void;
  /** Between two heartbeats. Default: far less than what makes a reader call it stale. */
  readonly beatMs?: number;
}

/** Between two changes. */
const gapMs = 250;

/**
 * A change makes a new file and renames it, so that nobody reads half of one; the heartbeat is written over in place. While
 * what should stand in it can not be written there is no heartbeat either: an old word must not look like one of now.
 */
export function keepHealthFile(options: HealthFileOptions): HealthFile {
  const { path, beatMs = 1_000 } = options;
  /** The one in place, open to be written over. */
  let placed: FileHandle | undefined;
  let isOutdated = true;
  let isFailing = false;
  let isEnded = false;
  let work: Promise<void> | undefined;
  let next: NodeJS.Timeout | undefined;
  let boot: string | undefined;

  const isInPlace = async (): Promise<boolean> => {
    const [own, found] = await Promise.all([placed?.stat(), lstat(path).catch(() => undefined)]);
    return own !== undefined && own.ino === found?.ino && own.dev === found.dev;
  };
  const forget = async () => {
    const file = placed;
    placed = undefined;
    await file?.close();
  };
  const replace = async () => {
    isOutdated = false;
    boot ??= await bootId();
    const fresh = `${path}.new`;
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    // One that a kill has left. What is made anew is no link.
    await rm(fresh, { force: true });
    const file = await open(fresh, "wx", 0o644);
    try {
      // Whatever our umask is.
      await file.chmod(0o644);
      await file.writeFile(headOf(boot, uptime()) + options.body());
      await rename(fresh, path);
    } catch (error) {
      await file.close();
      await rm(fresh, { force: true });
      throw error;
    }
    await forget();
    placed = file;
  };
  const beat = async (file: FileHandle) => {
    const head = Buffer.from(headOf(boot, uptime()));
    const { bytesWritten } = await file.write(head, 0, head.length, 0);
    if (bytesWritten < head.length) throw new Error("not all of it was written");
  };
  const write = async () => {
    try {
      if (placed !== undefined && !isOutdated && (await isInPlace())) await beat(placed);
      else await replace();
      if (isFailing) options.onRecovered();
      isFailing = false;
    } catch (error) {
      isOutdated = true;
      if (!isFailing) options.onFailed(messageOf(error));
      isFailing = true;
    }
  };
  const begin = (): void => {
    work ??= write().finally(() => {
      work = undefined;
      if (isOutdated && !isFailing) soon();
    });
  };
  const soon = (): void => {
    if (isEnded) return;
    next ??= setTimeout(() => {
      next = undefined;
      begin();
    }, gapMs);
  };
  const beats = setInterval(begin, beatMs);
  begin();

  return {
    changed() {
      isOutdated = true;
      // What can not be written is tried again with each heartbeat.
      if (work === undefined && !isFailing) soon();
    },
    async end(isRemoved) {
      isEnded = true;
      clearInterval(beats);
      clearTimeout(next);
      await work;
      try {
        if (isRemoved && (await isInPlace())) await rm(path);
        await forget();
      } catch (error) {
        if (!isFailing) options.onFailed(messageOf(error));
      }
    },
  };
}

/** undefined where it is not to be seen, as in a service with ProcSubset=pid. */
async function bootId(): Promise<string | undefined> {
  const text = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  return /^[0-9a-f-]{1,64}$/.exec(text.trim())?.[0];
}
