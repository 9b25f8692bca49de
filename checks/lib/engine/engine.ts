import { LibcError } from "../../../src/native/errno.ts";
import { type LibcWithQuickCalls, loadLibc } from "../../../src/native/libc.ts";
import { type OpenDescriptors, Poller } from "../../../src/native/poller.ts";

export { readAnnounced } from "../../../src/native/watch.ts";

/** What probes of our own sockets share. */
export interface Engine {
  readonly libc: LibcWithQuickCalls;
  readonly poller: Poller;
}

let isOn = true;

/** From now on, or from now on not. For all checks of this process. */
export function useEngine(kind: "native" | "node"): void {
  isOn = kind === "native";
}

let noted: OpenDescriptors | undefined;

/** What it opens from now on is noted there, for whoever outlives this thread. */
export function noteDescriptors(open: OpenDescriptors): void {
  noted = open;
}

let opened: Engine | undefined;

/** Opened at the first call that can. undefined where the system's calls are not to be had: then Node's own sockets do it. */
export function engine(): Engine | undefined {
  if (!isOn) return undefined;
  opened ??= open();
  return opened;
}

/** When nothing of it is in use: of a thread that ends. */
export function closeEngine(): void {
  opened?.poller.end();
  opened = undefined;
}

function open(): Engine | undefined {
  const libc = loadLibc();
  if (libc === undefined) return undefined;
  try {
    return { libc, poller: new Poller(libc, noted) };
  } catch (error) {
    // No descriptor to be had just now: the next one tries again.
    if (error instanceof LibcError) return undefined;
    throw error;
  }
}
