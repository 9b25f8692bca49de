import { expect, test } from "vitest";
import connect from "../../../checks/connect.ts";
import { closing, loopbacks, refusing, serve, silent } from "../../support/servers/scripted.ts";
import { eventually, outcome, prepared, verdict, word } from "./probing.ts";

for (const address of loopbacks) {
  test(`a port that takes connections is up, on ${address}`, async () => {
    await using server = await silent(address);
    expect(await verdict(connect, server.endpoint)).toEqual({ up: true, detail: "connected" });
  });

  test(`a server that hangs up at once did take the connection, on ${address}`, async () => {
    await using server = await closing(address);
    expect((await verdict(connect, server.endpoint)).up).toBe(true);
  });

  test(`a closed port is down as refused, and the detail names it, on ${address}`, async () => {
    await using server = await refusing(address);
    const host = address === "::1" ? "[::1]" : address;
    expect(await verdict(connect, server.endpoint)).toEqual({
      up: false,
      reason: "refused",
      detail: `connection refused (${host}:${server.endpoint.port})`,
    });
  });
}

test("it has checktimeout", () => {
  expect(prepared(connect, { checkTimeoutMs: 3000, checkCount: 2 }).timeoutMs).toBe(3000);
});

test("a probe that is aborted before it starts connects to nobody", async () => {
  let connections = 0;
  await using server = await serve("127.0.0.1", () => {
    connections++;
  });
  const { probe } = prepared(connect);
  await expect(probe(server.endpoint, AbortSignal.abort(new Error("stop")))).rejects.toThrow(
    "stop",
  );
  // Connections are accepted in order, so a stray one would have come before this.
  await verdict(connect, server.endpoint);
  await eventually(() => connections > 0);
  expect(connections).toBe(1);
});

test.for(["255.255.255.255", "ff02::1"])(
  "an address that our own routing refuses gives no verdict: %s",
  async (address) => {
    const result = await outcome(prepared(connect), { address, port: 80 });
    expect(word(result)).toBe("no verdict");
    expect(result.error).toMatchObject({ code: "ENETUNREACH" });
  },
);
