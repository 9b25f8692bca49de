/**
 * What a piece of work costs this thread: its processor time, in all and in its longest turn of the event
 * loop. Time in which the machine ran somebody else is not in it, so a loaded machine changes nothing.
 */
import koffi from "koffi";

export interface Cost {
  /** From one wait for events to the next. */
  readonly longestTurnMs: number;
  readonly totalMs: number;
}

/** clock_gettime(2): this thread's processor time. */
const CLOCK_THREAD_CPUTIME_ID = 3;
/** uv.h, uv_handle_type */
const UV_PREPARE = 9;

const clockGettime = koffi.load("libc.so.6").func("int clock_gettime(int, _Out_ void *)") as (
  clock: number,
  to: Buffer,
) => number;
const timespec = Buffer.alloc(16);

function threadMs(): number {
  clockGettime(CLOCK_THREAD_CPUTIME_ID, timespec);
  return Number(timespec.readBigInt64LE(0)) * 1e3 + Number(timespec.readBigInt64LE(8)) / 1e6;
}

let longestMs = 0;
let turnBeganAt = threadMs();

function endTurn(): void {
  const now = threadMs();
  longestMs = Math.max(longestMs, now - turnBeganAt);
  turnBeganAt = now;
}

/** Node shows no hook for it; the libuv in it has one that is called right before each wait. */
function watchTurns(): void {
  const node = koffi.load(null);
  const size = node.func("size_t uv_handle_size(int)")(UV_PREPARE);
  const loop = node.func("void *uv_default_loop()")();
  const prepare = koffi.alloc("uint8_t", Number(size));
  const onPrepare = koffi.register(endTurn, koffi.pointer(koffi.proto("void OnPrepare(void *)")));
  node.func("int uv_prepare_init(void *, void *)")(loop, prepare);
  node.func("int uv_prepare_start(void *, OnPrepare *)")(prepare, onPrepare);
  node.func("void uv_unref(void *)")(prepare);
}
watchTurns();

/** @param work nothing else may run beside it */
export async function costOf<T>(work: () => Promise<T>): Promise<readonly [Cost, T]> {
  await new Promise(setImmediate);
  longestMs = 0;
  turnBeganAt = threadMs();
  const began = turnBeganAt;
  const result = await work();
  endTurn();
  return [{ longestTurnMs: longestMs, totalMs: turnBeganAt - began }, result];
}
