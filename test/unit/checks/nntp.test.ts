import { expect, test } from "vitest";
import nntp from "../../../checks/nntp.ts";
import { closes, lineServer, silence } from "../../support/servers/line-server.ts";
import { loopbacks, serve } from "../../support/servers/scripted.ts";
import { eventually, outcome, prepared, verdict, word } from "./probing.ts";

for (const address of loopbacks) {
  test.for(["200 posting allowed", "201 no posting", "299 anything"])(
    `a greeting %s is up, and nothing is sent, on ${address}`,
    async (greeting) => {
      await using server = await lineServer(greeting, [], { address });
      expect(await verdict(nntp, server.endpoint)).toEqual({ up: true, detail: greeting });
      expect(await eventually(() => server.held() === 0)).toBe(true);
      expect(server.heard).toEqual([]);
    },
  );

  test(`a greeting that arrives byte by byte, on ${address}`, async () => {
    await using server = await lineServer("200 fine", [], { address, chunkBytes: 1 });
    expect((await verdict(nntp, server.endpoint)).up).toBe(true);
  });
}

test.for(["400 out of space", "502 no permission", "503 broken"])(
  "a greeting %s is down",
  async (greeting) => {
    await using server = await lineServer(closes(greeting));
    expect(await verdict(nntp, server.endpoint)).toEqual({
      up: false,
      reason: "status",
      detail: greeting,
    });
  },
);

test.for(["+OK POP3", "SSH-2.0-x", "4000 no", ""])("another protocol: %s", async (greeting) => {
  await using server = await lineServer(`${greeting}\r\n`);
  expect(await verdict(nntp, server.endpoint)).toMatchObject({ reason: "protocol" });
});

test("a greeting that stops in its line is none", async () => {
  await using server = await serve("127.0.0.1", (socket) => socket.resume().end("200 fi"));
  expect(await verdict(nntp, server.endpoint)).toMatchObject({ reason: "closed" });
});

test("silence lasts until the probe is cut", async () => {
  await using server = await lineServer(silence);
  const result = await outcome(prepared(nntp), server.endpoint, 200);
  expect([word(result), result.isCut]).toEqual(["no verdict", true]);
  expect(await eventually(() => server.held() === 0)).toBe(true);
});

test("it has negotiatetimeout", () => {
  expect(prepared(nntp, { checkTimeoutMs: 1, negotiateTimeoutMs: 7 }).timeoutMs).toBe(7);
});
