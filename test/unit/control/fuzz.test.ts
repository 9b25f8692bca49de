import { createConnection, type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { RecordRing } from "../../../src/log/sinks/ring.ts";
import { ControlledDaemon, virtualText } from "../../support/controlled-daemon.ts";
import { heldConnections } from "../../support/held-connections.ts";
import { Answers } from "./answers.ts";
import { type Batch, randomBatch, randomFrom } from "./random-requests.ts";

const usual = process.env["CI"] ? 20_000 : 2_000;
const wanted = Number(process.env["CONTROL_REQUESTS"] ?? usual);
const seed = Number(process.env["CONTROL_SEED"] ?? 20_261_130);
const connections = 6;
/** Far more than any answer takes; the test's own failure, and not a wait of it. */
const patienceMs = 30_000;

/** What is in use once nothing is left that nobody needs. */
function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

const connect = (path: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once("connect", () => resolve(socket)).once("error", reject);
  });

/** Sends it and reads what is answered. @returns the statuses, and whether the connection may be used again */
function exchange(socket: Socket, batch: Batch): Promise<{ statuses: number[]; isOpen: boolean }> {
  const answers = new Answers(batch.methods);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`no end after ${JSON.stringify(batch.bytes.toString("latin1"))}`));
    }, patienceMs);
    const end = (isOpen: boolean) => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on("error", () => {});
      if (!isOpen) socket.destroy();
      resolve({ statuses: answers.statuses, isOpen });
    };
    socket.on("data", (bytes) => {
      answers.add(bytes);
      if (batch.isEndless && answers.statuses.length > 0) end(false);
      else if (!batch.isBroken && answers.whole === batch.methods.length) end(!answers.isLast);
    });
    socket.on("close", () => end(false)).on("error", () => {});
    socket.write(batch.bytes);
    if (batch.isBroken) socket.end();
  });
}

test(`${wanted} random requests (seed ${seed}) are answered with 2xx or 4xx, and nothing is left of them`, {
  timeout: 60_000 + wanted * 5,
}, async () => {
  const reals = "real=127.0.0.2:80 masq 5\nreal=127.0.0.3:80 masq 6\nchecktype=on";
  const cf = virtualText(80, reals) + virtualText(81, reals);
  // A short memory of the log: it is full before the heap is looked at, and does not take the test's time.
  await using it = await ControlledDaemon.start(cf, new RecordRing(300));
  const random = randomFrom(seed);
  const tally = new Map<number, number>();
  let [sent, answered] = [0, 0];

  const talk = async (until: number) => {
    let socket: Socket | undefined;
    while (answered < until) {
      const batch = randomBatch(random);
      sent += batch.methods.length;
      socket ??= await connect(it.socket);
      const { statuses, isOpen } = await exchange(socket, batch);
      if (!isOpen) socket = undefined;
      answered += statuses.length;
      for (const status of statuses) tally.set(status, (tally.get(status) ?? 0) + 1);
    }
    socket?.destroy();
  };
  const talkAll = (until: number) =>
    Promise.all(Array.from({ length: connections }, () => talk(until)));

  await talkAll(wanted / 4);
  const before = heapUsed();
  await talkAll(wanted);
  await expect.poll(() => heldConnections(it.socket)).toBe(0);
  const grownMiB = (heapUsed() - before) / 2 ** 20;

  const statuses = Object.fromEntries([...tally].sort());
  // What was sent and what came of it is the figure that this test is run for.
  process.stdout.write(
    `${sent} requests, ${answered} answered (seed ${seed}): ${JSON.stringify(statuses)}, heap ${grownMiB.toFixed(1)} MiB more\n`,
  );
  expect(it.told("internal-error")).toBe(0);
  expect([...tally.keys()].filter((status) => status < 200 || status >= 500)).toEqual([]);
  expect([...tally.keys()].filter((status) => status >= 300 && status < 400)).toEqual([]);
  for (const status of [200, 400, 404]) expect(tally.get(status)).toBeGreaterThan(wanted / 100);
  expect(grownMiB).toBeLessThan(8);
  expect(await it.ctl(["status"])).toMatchObject({ err: "" });
});
