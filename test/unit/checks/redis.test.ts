import { expect, test } from "vitest";
import redis from "../../../checks/redis.ts";
import { Secret } from "../../../src/model/secret.ts";
import { closes, lineServer, silence } from "../../support/servers/line-server.ts";
import { loopbacks, serve } from "../../support/servers/scripted.ts";
import { eventually, outcome, prepared, verdict, word } from "./probing.ts";

type Answers = Parameters<typeof lineServer>[1];

/** Answers a command at its name; what stands around that is counted bytes. */
const answering = (more: Answers = []): Answers => [
  ...more,
  [/^AUTH$/, "+OK"],
  [/^PING$/, "+PONG"],
  [/^/, ""],
];
const passwd = new Secret("hunter2");
const down = (reason: string, detail: string) => ({ up: false, reason, detail });

for (const address of loopbacks) {
  test(`PONG is up, and nothing but PING is sent, on ${address}`, async () => {
    await using server = await lineServer("", answering(), { address });
    expect(await verdict(redis, server.endpoint)).toEqual({ up: true, detail: "PONG" });
    expect(await eventually(() => server.held() === 0)).toBe(true);
    expect(server.heard).toEqual(["*1", "$4", "PING"]);
  });

  test(`answers that arrive byte by byte, on ${address}`, async () => {
    await using server = await lineServer("", answering(), { address, chunkBytes: 1 });
    expect((await verdict(redis, server.endpoint, { login: "monitor", passwd })).up).toBe(true);
  });
}

test.for<[name: string, settings: object, sent: readonly string[]]>([
  ["a password", { passwd }, ["*2", "$4", "AUTH", "$7", "hunter2"]],
  ["a user's", { login: "m", passwd }, ["*3", "$4", "AUTH", "$1", "m", "$7", "hunter2"]],
  ["a user without one", { login: "m" }, ["*3", "$4", "AUTH", "$1", "m", "$0", ""]],
  [
    "one that would end a line",
    { passwd: new Secret("ü\r\nPING") },
    ["*2", "$4", "AUTH", "$8", "\xc3\xbc", "PING"],
  ],
])("%s goes before PING, in counted bytes", async ([, settings, sent]) => {
  await using server = await lineServer("", answering([[/^PING$/, ""]]));
  const running = outcome(prepared(redis, settings), server.endpoint, 300);
  expect(await eventually(() => server.heard.at(-1) === "PING" || server.heard.length > 8)).toBe(
    true,
  );
  expect(server.heard.slice(0, sent.length)).toEqual(sent);
  await running;
});

test.for<[reply: string, reason: string]>([
  ["-WRONGPASS invalid username-password pair or user is disabled.", "auth"],
  ["-ERR invalid password", "auth"],
  ["-ERR AUTH <password> called without any password configured", "auth"],
  ["-LOADING Redis is loading the dataset in memory", "status"],
  ["-ERR max number of clients reached", "status"],
])("a login that is answered with %s is down: %s", async ([reply, reason]) => {
  await using server = await lineServer("", answering([[/^AUTH$/, closes(reply)]]));
  expect(await verdict(redis, server.endpoint, { passwd })).toEqual(down(reason, `AUTH: ${reply}`));
});

test.for<[reply: string, reason: string]>([
  ["-NOAUTH Authentication required.", "auth"],
  ["-NOPERM this user has no permissions to run the 'ping' command", "auth"],
  ["-LOADING Redis is loading the dataset in memory", "status"],
  ["-MASTERDOWN Link with MASTER is down", "status"],
  ["-DENIED Redis is running in protected mode", "status"],
])("PING that is answered with %s is down: %s", async ([reply, reason]) => {
  await using server = await lineServer("", answering([[/^PING$/, closes(reply)]]));
  expect(await verdict(redis, server.endpoint)).toEqual(down(reason, `PING: ${reply}`));
});

test.for(["PONG", "+PONGO", "$4", "220 mail.example", "SSH-2.0-x", "HTTP/1.1 400 Bad"])(
  "another protocol: %s",
  async (reply) => {
    await using server = await lineServer("", answering([[/^PING$/, reply]]));
    expect(await verdict(redis, server.endpoint)).toEqual(down("protocol", `not Redis: ${reply}`));
  },
);

test("a password that a server repeats is not told", async () => {
  const reply = "-ERR unknown password 'hunter2'";
  await using server = await lineServer("", answering([[/^AUTH$/, reply]]));
  const said = await verdict(redis, server.endpoint, { passwd });
  expect(said).toMatchObject({ reason: "auth" });
  expect(said.detail).not.toContain("hunter2");
});

test("a password that is a word of the answer changes nothing", async () => {
  await using server = await lineServer("", answering());
  const said = await verdict(redis, server.endpoint, { passwd: new Secret("ok") });
  expect(said.up).toBe(true);
});

test("an answer that stops in its line is none", async () => {
  await using server = await serve("127.0.0.1", (socket) => socket.resume().end("+PON"));
  expect(await verdict(redis, server.endpoint)).toMatchObject({ reason: "closed" });
});

test("an answer that never ends is down", async () => {
  await using server = await serve("127.0.0.1", (socket) => {
    const more = () => {
      while (!socket.destroyed && socket.write("+".repeat(16_384)));
    };
    socket.on("error", () => {}).on("drain", more);
    more();
  });
  expect(await verdict(redis, server.endpoint)).toMatchObject({ reason: "protocol" });
});

test("silence lasts until the probe is cut", async () => {
  await using server = await lineServer(silence, answering([[/^PING$/, silence]]));
  const result = await outcome(prepared(redis), server.endpoint, 200);
  expect([word(result), result.isCut]).toEqual(["no verdict", true]);
  expect(await eventually(() => server.held() === 0)).toBe(true);
});

test("who logs in is part of what is asked; it has negotiatetimeout", () => {
  const keys = [{}, { passwd }, { login: "m", passwd }].map((it) => prepared(redis, it).probeKey);
  expect(new Set(keys).size).toBe(3);
  expect(prepared(redis, { checkTimeoutMs: 1, negotiateTimeoutMs: 7 }).timeoutMs).toBe(7);
});
