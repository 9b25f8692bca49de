import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../../src/model/secret.ts";
import { type Folder, makeFolder } from "./lib/folder.ts";
import { freePort } from "./lib/free-port.ts";
import { record } from "./lib/matrix.ts";
import { whilePaused } from "./lib/paused.ts";
import { probe } from "./lib/probe.ts";
import { type RealServer, startRealServer } from "./lib/real-server.ts";
import { goneServer, silentServer } from "./lib/silent-server.ts";

interface Redis extends AsyncDisposable {
  readonly server: RealServer;
  readonly at: (address?: string) => { readonly address: string; readonly port: number };
}

/** @param lines of its configuration, beside those that keep it to itself */
async function startRedis(...lines: readonly string[]): Promise<Redis> {
  const folder: Folder = makeFolder();
  const port = await freePort();
  const config = [`port ${port}`, "bind 127.0.0.1 ::1", `dir ${folder.path}`, 'save ""', ...lines];
  const server = await startRealServer({
    command: "/usr/bin/redis-server",
    args: [folder.write("redis.conf", `${config.join("\n")}\n`)],
    ready: { port, log: /Ready to accept connections/ },
  });
  return {
    server,
    at: (address = "127.0.0.1") => ({ address, port }),
    async [Symbol.asyncDispose]() {
      await server.stop();
      folder[Symbol.dispose]();
    },
  };
}

const row = "redis (redis)";
const passwd = new Secret('hun"ter 2');
const pong = { up: true, detail: "PONG" };

describe("redis, one that wants a login", () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = await startRedis(
      'requirepass "hun\\"ter 2"',
      "user monitor on >geheim +ping",
      "user mute on >geheim -@all +auth",
    );
  });
  afterAll(() => redis?.[Symbol.asyncDispose]());
  const monitor = { login: "monitor", passwd: new Secret("geheim") };

  test.for(["127.0.0.1", "::1"])("the right password is up, on %s", async (address) => {
    expect(
      record(row, "right answer", await probe("redis", { passwd }, redis.at(address))),
    ).toEqual(pong);
  });

  test("so is a user of the access list", async () => {
    expect(record(row, "right answer", await probe("redis", monitor, redis.at()))).toEqual(pong);
  });

  test("a wrong password, a user whom it does not know, and none at all are down", async () => {
    const wrong = { passwd: new Secret("swordfish") };
    for (const login of [wrong, { ...monitor, ...wrong }, { ...monitor, login: "nobody" }, {}]) {
      const said = record(row, "refused login", await probe("redis", login, redis.at()));
      expect(said).toMatchObject({
        reason: "auth",
        detail: expect.stringMatching(/^(AUTH: -WRONGPASS|PING: -NOAUTH) /),
      });
    }
  });

  test("a user who may not ask is down", async () => {
    const said = await probe("redis", { ...monitor, login: "mute" }, redis.at());
    expect(record(row, "refused login", said)).toMatchObject({
      reason: "auth",
      detail: expect.stringMatching(/^PING: -NOPERM /),
    });
  });

  test("silent", async () => {
    await using silent = await silentServer();
    const patient = { passwd, negotiateTimeoutMs: 500 };
    for (const said of [
      await whilePaused(redis.server, () => probe("redis", patient, redis.at())),
      await probe("redis", patient, silent.endpoint),
    ])
      expect(record(row, "silent", said)).toMatchObject({ reason: "timeout" });
  });
});

test("redis without a password is up, and with one in our file it is not", async () => {
  await using redis = await startRedis();
  expect(record(row, "right answer", await probe("redis", {}, redis.at()))).toEqual(pong);
  const said = await probe("redis", { passwd }, redis.at());
  expect(record(row, "refused login", said)).toMatchObject({
    reason: "auth",
    detail: expect.stringMatching(/^AUTH: -ERR AUTH <password> called without any password/),
  });
});

test("redis, a replica whose master is gone and that shall not answer then, is down", async () => {
  const master = await freePort();
  await using redis = await startRedis(
    `replicaof 127.0.0.1 ${master}`,
    "replica-serve-stale-data no",
  );
  const said = await probe("redis", {}, redis.at());
  expect(record(row, "wrong answer", said)).toMatchObject({
    reason: "status",
    detail: expect.stringMatching(/^PING: -MASTERDOWN /),
  });
});

test("redis, gone", async () => {
  await using server = await goneServer();
  expect(record(row, "gone", await probe("redis", {}, server.endpoint))).toMatchObject({
    reason: "refused",
  });
});
