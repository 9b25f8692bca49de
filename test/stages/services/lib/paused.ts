import type { RealServer } from "./real-server.ts";

/** Stops a server with its children as a debugger does, for as long as `work` takes: its sockets stay, nobody serves them. */
export async function whilePaused<T>(server: RealServer, work: () => Promise<T>): Promise<T> {
  await server.freeze();
  try {
    return await work();
  } finally {
    process.kill(-server.pid, "SIGCONT");
  }
}
