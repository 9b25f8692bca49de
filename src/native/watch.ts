/** How the event loop hears that a descriptor has something to read. */
import { isMainThread } from "node:worker_threads";

export interface FdWatch {
  stop(): void;
  /** Lets the process end while this is the only thing left. */
  unref(): void;
}

/** What koffi's polls have told since it was last read. */
const announced = new Set<() => void>();
/** Who looks for itself: see `byClock`. */
const looking = new Set<() => void>();

/**
 * Reads what the last poll of the event loop has found readable. It is done soon after anyhow; who judges by what was
 * not said calls this first.
 */
export function readAnnounced(): void {
  for (const onReadable of looking) onReadable();
  try {
    for (const onReadable of announced) {
      announced.delete(onReadable);
      onReadable();
    }
  } finally {
    // One that throws is no reason for the others never to be read again.
    if (announced.size > 0) setImmediate(readAnnounced);
  }
}

/** @param onReadable is called from the event loop, and may find nothing */
export const watchDescriptor = (
  koffi: typeof import("koffi"),
  fd: number,
  onReadable: () => void,
): FdWatch => (isMainThread ? byPoll(koffi, fd, onReadable) : byClock(onReadable));

function byPoll(koffi: typeof import("koffi"), fd: number, onReadable: () => void): FdWatch {
  // Inside koffi's callback nothing else may run. The immediate comes before the next poll, so
  // what it reads is not announced twice.
  const poll = koffi.node.poll(fd, { readable: true }, () => {
    if (announced.size === 0) setImmediate(readAnnounced);
    announced.add(onReadable);
  });
  return {
    stop: () => {
      announced.delete(onReadable);
      poll.close();
    },
    unref: () => poll.unref(),
  };
}

const everyMs = 1;

/**
 * In a thread that may be ended at any moment: a poll of koffi's that is open then ends the whole process (3.3.4:
 * its callback comes once more, with no JavaScript to call).
 */
export function byClock(onReadable: () => void): FdWatch {
  const timer = setInterval(onReadable, everyMs);
  looking.add(onReadable);
  return {
    stop: () => {
      looking.delete(onReadable);
      clearInterval(timer);
    },
    unref: () => timer.unref(),
  };
}
