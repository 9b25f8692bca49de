import { expect, test } from "vitest";
import { engine } from "../../../../../checks/lib/engine/engine.ts";
import { EngineSocket } from "../../../../../checks/lib/engine/engine-socket.ts";
import { Run } from "../../../../../checks/lib/run-signal.ts";
import type { Endpoint } from "../../../../../src/model/address.ts";
import { needsEngine } from "../../../../support/engine-kind.ts";
import { loopbacks, refusing, silent } from "../../../../support/servers/scripted.ts";
import { openSockets } from "../../probing.ts";

needsEngine();
const opened = engine();
if (opened === undefined) throw new Error("koffi does not load here");
const own = opened;
const knock = async (target: Endpoint, run: Run): Promise<void> =>
  (await EngineSocket.connect(own, target, run)).close();

for (const address of loopbacks) {
  test(`a connection is made and closed, on ${address}`, async () => {
    await using server = await silent(address);
    await knock(server.endpoint, new Run());
    await expect.poll(() => server.held()).toBe(0);
    expect(own.poller.size).toBe(0);
  });

  test(`a refusal is the system's error, in Node's shape, on ${address}`, async () => {
    await using server = await refusing(address);
    await expect(knock(server.endpoint, new Run())).rejects.toMatchObject({
      code: "ECONNREFUSED",
      syscall: "connect",
      ...server.endpoint,
    });
    expect(own.poller.size).toBe(0);
  });
}

test("cut short, nothing is left open, and its run's reason is told", async () => {
  const before = openSockets();
  const run = new Run();
  // A documentation address: nobody answers, or our own routing refuses it at once.
  const knocking = knock({ address: "192.0.2.1", port: 9 }, run).catch(
    (error: Error) => error.message,
  );
  run.abort(new Error("enough"));
  expect(await knocking).toMatch(/enough|ENETUNREACH/);
  expect(run.listeners).toBe(0);
  expect(openSockets()).toEqual(before);
});

test("a connection that meets itself is nobody's answer", async () => {
  // Where nobody listens, each of many is given the temporary port after the next, so that one of them is given that very port.
  const target = { address: "127.0.0.1", port: 40_000 };
  const results = new Set<string>();
  for (let batch = 0; batch < 20; batch += 1) {
    const knocks = Array.from({ length: 1000 }, () =>
      knock(target, new Run()).then(
        () => "connected",
        (error: { code: string }) => error.code,
      ),
    );
    for (const result of await Promise.all(knocks)) results.add(result);
  }
  expect(results).toEqual(new Set(["ECONNREFUSED"]));
});
