/**
 * Capabilities that we were given to pass on: those of a service that runs as a user of its own are ambient, and every
 * program that it starts would have them too. A daemon of root has none to pass on in this way: what root starts is root.
 */
import { LibcError } from "./errno.ts";
import { loadLibc } from "./libc.ts";
import { readUInt32Host, writeUInt32Host } from "./sockaddr.ts";

/** linux/prctl.h */
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_IS_SET = 1;
const PR_CAP_AMBIENT_RAISE = 2;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;

/** linux/capability.h struct __user_cap_data_struct, twice: where the inheritable set is. */
const dataBytes = 24;
const inheritableAt = [8, 20] as const;

/** What was ours to pass on before `withholdCapabilities`. */
let withheld: { readonly ambient: readonly number[]; readonly inheritable: Inheritable } = {
  ambient: [],
  inheritable: [0, 0],
};
type Inheritable = readonly [low: number, high: number];

/**
 * From now on programs that we start have no capability from us; we keep ours. Sets belong to a thread, and a program
 * those of the thread that starts it: to be called on the main one. Where libc cannot be called, nothing changes.
 */
export function withholdCapabilities(): void {
  const libc = loadLibc();
  if (libc === undefined) return;
  const data = Buffer.alloc(dataBytes);
  libc.capget(data);
  const [low, high] = inheritableAt.map((at) => readUInt32Host(data, at)) as [number, number];
  const ambient = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => isAmbient(bit));
  if (ambient.length === 0 && low === 0 && high === 0) return;
  withheld = { ambient, inheritable: [low, high] };
  libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0);
  inherit([0, 0]);
}

/** @param start starts a program of our own, which needs what we have, before it returns */
export function lendCapabilities<T>(start: () => T): T {
  const libc = loadLibc();
  if (libc === undefined || withheld.ambient.length === 0) return start();
  try {
    inherit(withheld.inheritable);
    for (const bit of withheld.ambient) libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, bit);
    return start();
  } finally {
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0);
    inherit([0, 0]);
  }
}

function isAmbient(bit: number): boolean {
  try {
    return loadLibc()?.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, bit) === 1;
  } catch {
    return false; // the kernel has not that many
  }
}

/** The hardened unit allows no capset(2): there it stays, and is worth nothing without ambient ones. */
function inherit(inheritable: Inheritable): void {
  const libc = loadLibc();
  const data = Buffer.alloc(dataBytes);
  libc?.capget(data);
  writeUInt32Host(data, inheritable[0], inheritableAt[0]);
  writeUInt32Host(data, inheritable[1], inheritableAt[1]);
  try {
    libc?.capset(data);
  } catch (error) {
    if (!(error instanceof LibcError && error.code === "EPERM")) throw error;
  }
}
