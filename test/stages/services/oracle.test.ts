import { expect, test } from "vitest";
import type { CheckSettings } from "../../../checks/check.ts";
import { Secret } from "../../../src/model/secret.ts";
import { serve } from "../../support/servers/scripted.ts";
import { record } from "./lib/matrix.ts";
import { probe } from "./lib/probe.ts";
import { goneServer, silentServer } from "./lib/silent-server.ts";

// Debian has no Oracle server, nor has anybody one that could be fetched without a licence. What a listener
// answers before it has a database to hand on to can be played: more in test/unit/checks/oracle.test.ts.
const name = "oracle (stub listener)";
const right: Partial<CheckSettings> = {
  login: "monitor",
  passwd: new Secret("right"),
  database: "ORCL",
  request: "SELECT 1 FROM dual",
  negotiateTimeoutMs: 2000,
};

test("a listener that knows no such SID is down: status", async () => {
  const words =
    "(DESCRIPTION=(TMP=)(VSNNUM=186647040)(ERR=12505)(ERROR_STACK=(ERROR=(CODE=12505)(EMFI=4))))";
  const header = Buffer.from([0, 12 + words.length, 0, 0, 4, 0, 0, 0, 0x22, 0, 0, words.length]);
  await using listener = await serve("127.0.0.1", (socket) =>
    socket.once("data", () => socket.end(Buffer.concat([header, Buffer.from(words)]))),
  );
  const verdict = await probe("oracle", right, listener.endpoint);
  expect(record(name, "wrong answer", verdict)).toEqual({
    up: false,
    reason: "status",
    detail: expect.stringContaining('SID "ORCL" is not registered'),
  });
});
test("a server of another protocol is down: protocol", async () => {
  await using server = await serve("127.0.0.1", (socket) =>
    socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
  );
  const verdict = await probe("oracle", right, server.endpoint);
  expect(record(name, "wrong answer", verdict)).toMatchObject({ up: false, reason: "protocol" });
});
test("a silent listener is down: timeout", async () => {
  await using silent = await silentServer();
  const verdict = await probe("oracle", { ...right, negotiateTimeoutMs: 300 }, silent.endpoint);
  expect(record(name, "silent", verdict)).toMatchObject({ up: false, reason: "timeout" });
});
test("a listener that is gone is down: refused", async () => {
  await using gone = await goneServer();
  const verdict = await probe("oracle", right, gone.endpoint);
  expect(record(name, "gone", verdict)).toMatchObject({ up: false, reason: "refused" });
});
