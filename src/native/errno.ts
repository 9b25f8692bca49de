import { constants } from "node:os";

/** Where Linux gives one number two names, the one the manual pages of the calls we make use. */
const preferred = new Set(["EAGAIN", "EOPNOTSUPP"]);

const names = new Map<number, string>();
for (const [name, number] of Object.entries(constants.errno)) {
  if (!names.has(number) || preferred.has(name)) names.set(number, name);
}

/** `EAGAIN` for 11; `ERRNO_512` for a number that has no name. @param errno 1 or more */
export const errnoName = (errno: number): string => names.get(errno) ?? `ERRNO_${errno}`;

/** 11 for `EAGAIN`. */
export const errnoOf = (name: keyof typeof constants.errno): number => constants.errno[name];

/** A system call that failed. `code` is the errno's name, as on the errors of Node's own modules. */
export class LibcError extends Error {
  override readonly name = "LibcError";
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;

  constructor(syscall: string, errno: number) {
    const code = errnoName(errno);
    super(`${syscall}: ${code}`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}
