import { constants, type FSWatcher, watch } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { type Follower, followAnswers } from "./answers.ts";
import type { Word } from "./role.ts";

/** More than any of the words, and blanks before it. */
const mostBytes = 64;

/** `follow = file PATH`: its first word. It is looked at when its folder changes, and every `intervalMs`. */
export function followFile(path: string, intervalMs: number, tell: (word: Word) => void): Follower {
  let watched: FSWatcher | undefined;
  /** Not everything can be watched, nor all the time: a folder that is not there yet, a file system of another machine. */
  const watchFolder = (): void => {
    if (watched !== undefined) return;
    try {
      watched = watch(dirname(path), { persistent: false }, (_, name) => {
        if (name === null || name === basename(path)) answers.askSoon();
      });
      watched.on("error", unwatch);
    } catch {
      watched = undefined;
    }
  };
  const unwatch = (): void => {
    watched?.close();
    watched = undefined;
  };
  const answers = followAnswers({
    ask: () => {
      watchFolder();
      return readRoleFile(path);
    },
    intervalMs,
    what: path,
    tell,
  });
  return {
    stop: () => {
      answers.stop();
      unwatch();
    },
  };
}

/** Its first word. What else is in it is never told: it may be anything. Rejects never. */
export async function readRoleFile(path: string): Promise<Word> {
  const unknown = (why: string): Word => ({ kind: "unknown", why: `${path} ${why}` });
  try {
    // O_NONBLOCK: opening a FIFO waits for nobody.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      if (!(await file.stat()).isFile()) return unknown("is not a regular file");
      const { bytesRead, buffer } = await file.read(Buffer.alloc(mostBytes), 0, mostBytes, 0);
      const [, role] =
        /^\s*(active|spare)(?:\s|$)/.exec(buffer.toString("latin1", 0, bytesRead)) ?? [];
      if (role !== "active" && role !== "spare") {
        return unknown("begins with neither active nor spare");
      }
      return { kind: "role", role, why: `${path} says ${role}` };
    } finally {
      await file.close();
    }
  } catch (error) {
    return unknown(`can not be read: ${(error as NodeJS.ErrnoException).code ?? "no errno"}`);
  }
}
