import { type Libc, timexBytes } from "./libc.ts";
import { readInt32Host } from "./sockaddr.ts";

/** sys/timex.h: where `status` stands behind `modes` and four longs, on 64 bits; and its bit for "nobody sets it". */
const statusAt = 40;
const STA_UNSYNC = 0x40;

/** What the kernel says of its clock; `modes` is 0, so nothing is changed. @throws LibcError where that is forbidden */
export function isClockSynchronised(libc: Libc): boolean {
  const timex = Buffer.alloc(timexBytes);
  libc.adjtimex(timex);
  return (readInt32Host(timex, statusAt) & STA_UNSYNC) === 0;
}
