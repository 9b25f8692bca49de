import { isError, wordsOf } from "../config/diagnostics.ts";
import { iniPath } from "../config/ini-path.ts";
import type { Daemon } from "../daemon/daemon.ts";
import type { Prepared, Ready } from "../daemon/prepare.ts";
import { type RunningText, runningTexts } from "../daemon/running-texts.ts";
import { Shared } from "../http/shared.ts";
import type { RecordRing } from "../log/sinks/ring.ts";
import { planReload } from "../plan/from-now.ts";
import type { Director, FileTexts } from "./director.ts";
import { onDiskOf } from "./on-disk.ts";
import { Refusal } from "./route.ts";
import { serialCounters } from "./services-in-pieces.ts";
import { sharedSnapshot } from "./shared-snapshot.ts";

/** Takes a configuration through every stage, and looks at no file of this machine. */
type PrepareTexts = (
  path: string,
  readFile: (path: string) => Promise<Uint8Array>,
) => Promise<Prepared>;

export interface DirectorParts {
  readonly daemon: Daemon;
  /** Its log goes there, too. */
  readonly records: RecordRing;
  readonly addressOf: Director["addressOf"];
  readonly prepareTexts: PrepareTexts;
}

/** The daemon as the control socket sees it. */
export function directorOf({ daemon, records, addressOf, prepareTexts }: DirectorParts): Director {
  let shown = daemon.orders.book;
  const snapshots = sharedSnapshot(() => daemon.snapshot());
  const counters = new Shared(() => serialCounters(daemon.kernel));
  let texts: { readonly of: Ready; readonly made: Promise<readonly RunningText[]> } | undefined;
  /** Plans are made one by one: each costs as much as a reload. */
  let last: Promise<unknown> = Promise.resolve();
  const oneByOne = <T>(make: () => Promise<T>): Promise<T> => {
    const made = last.then(make);
    last = made.catch(() => undefined);
    return made;
  };
  const lookAtDisk = onDiskOf({
    current: daemon.current,
    prepareTexts,
    plan: (next) => planReload(daemon, next),
  });
  const plan = async (texts: FileTexts) => {
    const next = await prepareTexts(texts.path, (path) => readFrom(texts, path));
    if (next.ok) return planReload(daemon, next);
    const [first] = next.found.diagnostics.filter(isError);
    const why = first && `${first.path}:${first.line}: ${wordsOf(first)}`;
    throw new Refusal(400, why ?? "it cannot be taken up");
  };
  return {
    serialSnapshot: () => {
      // Orders end by themselves, too.
      if (daemon.orders.book !== shown) snapshots.outdate();
      shown = daemon.orders.book;
      return snapshots.get();
    },
    outdateSnapshot: () => snapshots.outdate(),
    serialCounters: () => counters.get(),
    snapshot: () => daemon.snapshot(),
    snapshotOf: (serviceIds) => daemon.snapshot(serviceIds),
    health: () => daemon.health(),
    virtuals: () => daemon.current().config.virtuals,
    warnings: () => daemon.current().warnings.map(({ text }) => text),
    checksOf: (id, real) => daemon.checksOf(id, real),
    addressOf,
    orders: daemon.orders,
    alerts: daemon.alerts,
    async reload() {
      await daemon.reload("signal");
      snapshots.outdate();
      return daemon.lastReload();
    },
    records,
    kernel: daemon.kernel,
    texts: () => {
      const of = daemon.current();
      if (texts?.of === of) return texts.made;
      const made = runningTexts(of);
      texts = { of, made };
      made.catch(() => {
        texts = undefined;
      });
      return made;
    },
    plan: (texts) => oneByOne(() => plan(texts)),
    onDisk: () => oneByOne(lookAtDisk),
  };
}

async function readFrom({ path: cfPath, cf, ini }: FileTexts, path: string): Promise<Uint8Array> {
  if (path === cfPath) return Buffer.from(cf);
  if (path === iniPath(cfPath) && ini !== undefined) return Buffer.from(ini);
  throw Object.assign(new Error(`there is no ${path}`), { code: "ENOENT" });
}
