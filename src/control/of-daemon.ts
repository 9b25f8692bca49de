import { isError, wordsOf } from "../config/diagnostics.ts";
import { iniPath } from "../config/ini-path.ts";
import type { Daemon } from "../daemon/daemon.ts";
import type { Prepared } from "../daemon/prepare.ts";
import { planReload } from "../plan/from-now.ts";
import type { Director, FileTexts } from "./director.ts";
import { Refusal } from "./route.ts";
import { SharedSnapshot } from "./shared-snapshot.ts";

/** Takes a configuration through every stage, and looks at no file of this machine. */
export type PrepareTexts = (
  path: string,
  readFile: (path: string) => Promise<Uint8Array>,
) => Promise<Prepared>;

/** The daemon as the control socket sees it. */
export function directorOf(daemon: Daemon, prepareTexts: PrepareTexts): Director {
  const snapshots = new SharedSnapshot(() => daemon.snapshot());
  /** Plans are made one by one: each costs as much as a reload. */
  let last: Promise<unknown> = Promise.resolve();
  const plan = async (texts: FileTexts) => {
    const next = await prepareTexts(texts.path, (path) => readFrom(texts, path));
    if (next.ok) return planReload(daemon, next);
    const [first] = next.found.diagnostics.filter(isError);
    throw new Refusal(
      400,
      first ? `${first.path}:${first.line}: ${wordsOf(first)}` : "it is broken",
    );
  };
  return {
    serialSnapshot: () => snapshots.get(),
    plan: (texts) => {
      const planned = last.then(() => plan(texts));
      last = planned.catch(() => undefined);
      return planned;
    },
  };
}

async function readFrom({ path: cfPath, cf, ini }: FileTexts, path: string): Promise<Uint8Array> {
  if (path === cfPath) return Buffer.from(cf);
  if (path === iniPath(cfPath) && ini !== undefined) return Buffer.from(ini);
  throw Object.assign(new Error(`there is no ${path}`), { code: "ENOENT" });
}
