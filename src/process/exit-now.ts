import { loadLibc } from "../native/libc.ts";

/**
 * Ends this process, now. `process.exit` first waits for the threads that read files and look names up, and
 * one of those may hang for minutes in a dead name server, or for ever in a dead network file system.
 */
export function exitNow(code: number): never {
  loadLibc()?.exit(code);
  process.exit(code);
}
