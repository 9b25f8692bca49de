/** What a check costs is counted here and timed nowhere: the system's calls and the promises that it makes. bench/ has the time. */
import { createHook } from "node:async_hooks";
import { createServer as createServerOfTcp } from "node:net";
import { createServer } from "node:tls";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import type { Check } from "../../../../../checks/check.ts";
import connect from "../../../../../checks/connect.ts";
import http from "../../../../../checks/http.ts";
import { engine } from "../../../../../checks/lib/engine/engine.ts";
import { Run } from "../../../../../checks/lib/run-signal.ts";
import type { Endpoint } from "../../../../../src/model/address.ts";
import { needsEngine } from "../../../../support/engine-kind.ts";
import { makeCertificates, trust } from "../../../../support/servers/certificates.ts";
import { answering, close, listen, silent } from "../../../../support/servers/scripted.ts";
import { outcome, prepared, word } from "../../probing.ts";

needsEngine();
const { libc } = engine() ?? {};
if (libc === undefined) throw new Error("koffi does not load here");
const { quick } = libc;
const page = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nTest Page";
const checks = 50;

afterEach(() => {
  vi.restoreAllMocks();
});

const certificates = makeCertificates("name.example");
const forgetAuthority = trust(certificates.caFile);
afterAll(() => {
  forgetAuthority();
  certificates[Symbol.dispose]();
});

async function secure(): Promise<AsyncDisposable & { readonly endpoint: Endpoint }> {
  const server = createServer(certificates.good, (socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(page));
  });
  return {
    endpoint: await listen(server, "127.0.0.1"),
    [Symbol.asyncDispose]: () => close(server),
  };
}

/** At a port that is none of the temporary ones, and an address that is nobody else's. */
async function atServicePort(): Promise<AsyncDisposable & { readonly endpoint: Endpoint }> {
  const server = createServerOfTcp((socket) => socket.on("error", () => {}).resume());
  return {
    endpoint: await listen(server, `127.77.${process.pid & 255}.${(process.pid >> 8) & 255}`, 8080),
    [Symbol.asyncDispose]: () => close(server),
  };
}

type Open = () => Promise<AsyncDisposable & { readonly endpoint: Endpoint }>;
test.each<[string, Check, Open, number]>([
  // socket, connect, epoll_ctl, close
  ["connect", connect, atServicePort, 4],
  // and getsockname: at a temporary port it may have met itself
  ["connect", connect, () => silent("127.0.0.1"), 5],
  // and send, epoll_ctl, recv: once more for its end where that comes by itself
  ["http", http, () => answering("127.0.0.1", page), 9],
  // and twice send and recv more for the handshake, once for the tickets
  ["https", http, secure, 12],
])("a %s check makes few of the system's calls", async (service, check, open, most) => {
  await using server = await open();
  const probe = prepared(check, { service });
  expect(word(await outcome(probe, server.endpoint))).toBe("up");
  const names = Object.keys(quick) as (keyof typeof quick)[];
  const spies = names.map((name) => [name, vi.spyOn(quick, name)] as const);
  const outcomes = await Promise.all(
    Array.from({ length: checks }, () => outcome(probe, server.endpoint)),
  );
  expect(new Set(outcomes.map(word))).toEqual(new Set(["up"]));
  const calls = Object.fromEntries(spies.map(([name, spy]) => [name, spy.mock.calls.length]));
  const { epollWait = 0, ...others } = calls;
  const total = Object.values(others).reduce((sum, count) => sum + count, 0);
  expect(total, JSON.stringify(calls)).toBeGreaterThanOrEqual(3 * checks);
  expect(total, JSON.stringify(calls)).toBeLessThanOrEqual(most * checks);
  // Of many that are ready, one call tells.
  expect(epollWait, JSON.stringify(calls)).toBeLessThan(total / 2);
});

test("a connect check makes one promise", async () => {
  await using server = await silent("127.0.0.1");
  const { probe } = prepared(connect);
  let made = 0;
  const hook = createHook({
    init(_id, type) {
      if (type === "PROMISE") made++;
    },
  }).enable();
  const asked = Array.from({ length: checks }, () => probe(server.endpoint, new Run()));
  hook.disable();
  expect(made).toBe(checks);
  expect((await Promise.all(asked)).every(({ up }) => up)).toBe(true);
});
