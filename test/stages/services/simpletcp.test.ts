import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckSettings } from "../../../checks/check.ts";
import { type Folder, makeFolder } from "./lib/folder.ts";
import { freePort } from "./lib/free-port.ts";
import { record } from "./lib/matrix.ts";
import { whilePaused } from "./lib/paused.ts";
import { probe } from "./lib/probe.ts";
import { type RealServer, startRealServer } from "./lib/real-server.ts";
import { goneServer } from "./lib/silent-server.ts";

const row = "simpletcp (socat)";

/** Run by socat for each connection and each datagram, with the other side on its standard input and output. */
const script = `#!/bin/sh
read -r word
case $word in
  status) echo hello; echo got "$word" ;;
  ping) printf pong ;;
  count) wc -c ;;
  nothing) ;;
esac
`;

describe.for(["127.0.0.1", "::1"] as const)("simpletcp, against socat on %s", (address) => {
  let folder: Folder;
  let port: number;
  const servers: Partial<Record<"tcp" | "udp", RealServer>> = {};
  beforeAll(async () => {
    folder = makeFolder();
    const program = folder.write("answer", script, 0o700);
    port = await freePort();
    const [family, host] = address === "::1" ? ["6", "[::1]"] : ["4", address];
    const begin = (listen: string, log: RegExp): Promise<RealServer> =>
      startRealServer({
        command: "/usr/bin/socat",
        args: [
          "-d",
          "-d",
          "-d",
          `${listen}:${port},bind=${host},fork,reuseaddr`,
          `EXEC:${program}`,
        ],
        ready: { log },
      });
    servers.tcp = await begin(`TCP${family}-LISTEN`, /listening on/);
    servers.udp = await begin(`UDP${family}-RECVFROM`, /receiving on/);
  });
  afterAll(async () => {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
    folder?.[Symbol.dispose]();
  });

  const ask = (
    request: string,
    receive?: string,
    changes: Partial<CheckSettings> = {},
  ): ReturnType<typeof probe> =>
    probe(
      "simpletcp",
      { request, ...(receive === undefined ? {} : { receive }), ...changes },
      { address, port },
    );
  const udp = { protocol: "udp" as const };

  test("a line that fits is up, one that does not is a mismatch", async () => {
    expect(record(row, "right answer", await ask("/status\\n", "^got status$"))).toEqual({
      up: true,
      detail: "got status",
    });
    expect(record(row, "wrong answer", await ask("/status\\n", "^got nothing$"))).toEqual({
      up: false,
      reason: "mismatch",
      detail: 'no line fits receive "^got nothing$"; the first is "hello"',
    });
  });

  test("our side is closed after the request: a server that reads to the end can answer", async () => {
    expect(await ask("/count\\nabcdefg", "^7$")).toMatchObject({ up: true });
  });

  test("by UDP an answer without a line feed counts", async () => {
    expect(record(row, "right answer", await ask("/ping\\n", "^pong$", udp))).toEqual({
      up: true,
      detail: "pong",
    });
    expect(record(row, "wrong answer", await ask("/ping\\n", "^ping", udp))).toMatchObject({
      up: false,
      reason: "mismatch",
    });
  });

  test("without receive any answer is up, by TCP and UDP", async () => {
    for (const changes of [{}, udp])
      expect(await ask("/ping\\n", undefined, changes)).toEqual({ up: true, detail: "pong" });
  });

  test("a server that ends without a word is closed", async () => {
    expect(await ask("/nothing\\n", "OK")).toMatchObject({ up: false, reason: "closed" });
  });

  test.for(["tcp", "udp"] as const)("silence by %s is a timeout", async (protocol) => {
    const server = servers[protocol];
    if (server === undefined) throw new Error("not started");
    const said = await whilePaused(server, () =>
      ask("/ping\\n", "pong", { protocol, negotiateTimeoutMs: 300 }),
    );
    expect(record(row, "silent", said)).toMatchObject({ up: false, reason: "timeout" });
  });

  test("nobody there is refused, by TCP and UDP", async () => {
    await using gone = await goneServer(address);
    const targets = [
      ["tcp", gone.endpoint],
      ["udp", (await goneServer(address)).endpoint],
    ] as const;
    for (const [protocol, target] of targets) {
      const said = await probe("simpletcp", { receive: "OK", protocol }, target);
      expect(record(row, "gone", said)).toMatchObject({ up: false, reason: "refused" });
    }
  });
});
