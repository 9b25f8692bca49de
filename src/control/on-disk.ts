import { stat } from "node:fs/promises";
import { contentHash, hashOfBoth } from "../config/content-hash.ts";
import { isError, wordsOf } from "../config/diagnostics.ts";
import { iniPath } from "../config/ini-path.ts";
import { readRegularFile } from "../config/read-file.ts";
import type { Prepared, Ready } from "../daemon/prepare.ts";
import { messageOf } from "../model/error-text.ts";
import type { Plan } from "../plan/plan.ts";

/** What stands where the files of a daemon are, beside what it runs. */
export type OnDisk =
  | { readonly kind: "same" }
  | { readonly kind: "differs"; readonly plan: Plan }
  /** It can not be taken up. */
  | { readonly kind: "refused"; readonly mistakes: readonly Mistake[]; readonly more: number }
  | { readonly kind: "unreadable"; readonly cause: string };

export interface Mistake {
  readonly path: string;
  /** 1-based; 0 when no line is at fault. */
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

export interface OnDiskParts {
  readonly current: () => Ready;
  readonly prepareTexts: (
    path: string,
    readFile: (path: string) => Promise<Uint8Array>,
  ) => Promise<Prepared>;
  readonly plan: (next: Ready) => Promise<Plan>;
}

const maxMistakes = 50;

/** Looks at the files. What has neither changed on disk nor runs since the last look is not read again. */
export function onDiskOf({ current, prepareTexts, plan }: OnDiskParts): () => Promise<OnDisk> {
  let same: { readonly running: Ready; readonly stamp: string } | undefined;
  let refused:
    | { readonly running: Ready; readonly hash: string; readonly found: OnDisk }
    | undefined;

  return async () => {
    const running = current();
    const { path } = running.config;
    try {
      const stamp = await stampOf(path);
      if (same?.running === running && same.stamp === stamp) return { kind: "same" };
      const files = await bothOf(path);
      if (files.hash === running.hash) {
        same = { running, stamp };
        return { kind: "same" };
      }
      if (refused?.running === running && refused.hash === files.hash) return refused.found;
      const next = await prepareTexts(path, files.read);
      if (next.ok) return { kind: "differs", plan: await plan(next) };
      const found = mistakesOf(next);
      refused = { running, hash: files.hash, found };
      return found;
    } catch (error) {
      return { kind: "unreadable", cause: messageOf(error) };
    }
  };
}

/** Another one when either file may be another one. */
async function stampOf(path: string): Promise<string> {
  const [cf, ini] = await Promise.all([stat(path), stat(iniPath(path)).catch(() => undefined)]);
  return [cf, ini]
    .map((it) => (it === undefined ? "" : `${it.ino} ${it.size} ${it.mtimeMs}`))
    .join("\n");
}

async function bothOf(path: string) {
  const cf = await readRegularFile(path);
  const ini = await readRegularFile(iniPath(path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  const read = async (wanted: string): Promise<Uint8Array> => {
    if (wanted === path) return cf;
    if (wanted === iniPath(path) && ini !== undefined) return ini;
    throw Object.assign(new Error(`there is no ${wanted}`), { code: "ENOENT" });
  };
  return { hash: hashOfBoth(contentHash(cf), ini && contentHash(ini)), read };
}

function mistakesOf({ found }: Prepared): OnDisk {
  const errors = found.diagnostics.filter(isError);
  const mistakes = errors.slice(0, maxMistakes).map((each) => ({
    path: each.path,
    line: each.line,
    column: each.column,
    text: wordsOf(each),
  }));
  return {
    kind: "refused",
    mistakes,
    more: errors.length - mistakes.length + found.unkept.errors,
  };
}
