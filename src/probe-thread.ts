/** What a thread runs that checks real servers beside the main one: see health/threads. */
import { parentPort, workerData } from "node:worker_threads";
import { closeEngine, noteDescriptors, useEngine } from "../checks/lib/engine/engine.ts";
import { loadChecks } from "../checks/registry.ts";
import type { Orders, ThreadData } from "./health/threads/messages.ts";
import { AskingThread } from "./health/threads/thread.ts";

const port = parentPort;
if (port === null) throw new Error("this is run by ldirectord, as a thread");
const { engine, open } = workerData as ThreadData;
useEngine(engine);
noteDescriptors(new Uint8Array(open));
const thread = new AskingThread(await loadChecks(), (answers) => port.postMessage(answers));
const stop = () => {
  thread.stop();
  closeEngine();
};
// Sockets of ours are no handles of Node's: who ends by a mistake must close them, too.
process.on("uncaughtExceptionMonitor", stop);
port.on("message", (orders: Orders | "end") => {
  if (orders !== "end") {
    thread.obey(orders);
    return;
  }
  stop();
  process.exit();
});
