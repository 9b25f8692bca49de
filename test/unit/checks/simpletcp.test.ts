import { describe, expect, test } from "vitest";
import type { CheckSettings } from "../../../checks/check.ts";
import simpletcp from "../../../checks/simpletcp.ts";
import { answering, endless, loopbacks, serve, silent } from "../../support/servers/scripted.ts";
import { refusingUdp, servingUdp } from "../../support/servers/scripted-udp.ts";
import { outcome, prepared, settings, verdict, word } from "./probing.ts";

const ask = (receive?: string, request = "/hi"): Partial<CheckSettings> => ({
  service: "simpletcp",
  request,
  ...(receive === undefined ? {} : { receive }),
});

/** Says `reply` once the client has ended its side, then closes; remembers what it was sent. */
async function afterHalfClose(address: "127.0.0.1" | "::1", reply: string, heard: string[] = []) {
  return serve(address, (socket) => {
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
    });
    socket.on("end", () => {
      heard.push(text);
      socket.end(Buffer.from(reply, "latin1"));
    });
  });
}

describe.for(loopbacks)("on %s", (address) => {
  test("one of the lines must fit", async () => {
    await using server = await afterHalfClose(address, "one\ntwo\nthree\n");
    expect(await verdict(simpletcp, server.endpoint, ask("^two$"))).toEqual({
      up: true,
      detail: "two",
    });
    expect(await verdict(simpletcp, server.endpoint, ask("^four$"))).toEqual({
      up: false,
      reason: "mismatch",
      detail: 'no line fits receive "^four$"; the first is "one"',
    });
  });

  test("the answer may come byte by byte", async () => {
    await using server = await answering(address, "one\ntwo\n", { chunkBytes: 1 });
    expect(await verdict(simpletcp, server.endpoint, ask("^two$"))).toMatchObject({ up: true });
  });

  test("by UDP the datagram needs no line feed", async () => {
    await using server = await servingUdp(address, (datagram) => [`${datagram} there`]);
    const wanted = { ...ask("^hi there$"), protocol: "udp" as const };
    expect(await verdict(simpletcp, server.endpoint, wanted)).toEqual({
      up: true,
      detail: "hi there",
    });
  });

  test("by UDP a port where nobody listens is refused", async () => {
    const target = await refusingUdp(address);
    expect(await verdict(simpletcp, target, { ...ask("x"), protocol: "udp" })).toMatchObject({
      reason: "refused",
    });
  });
});

test.for<[request: string, sent: string]>([
  ["/GET / HTTP/1.0\\n\\n", "GET / HTTP/1.0\n\n"],
  ["//two", "/two"],
  ["/a\\r\\t", "a\\r\\t"],
  ["/", ""],
  ["/grün", "gr\xc3\xbcn"],
])("request %j is sent as %j, then our side is closed", async ([request, sent]) => {
  const heard: string[] = [];
  await using server = await afterHalfClose("127.0.0.1", "ok\n", heard);
  expect(await verdict(simpletcp, server.endpoint, ask("ok", request))).toMatchObject({ up: true });
  expect(heard).toEqual([sent]);
});

test.for<[what: string, reply: string, receive: string, said: string]>([
  ["a pattern cannot span lines", "one\ntwo\n", "one\\ntwo", "mismatch"],
  ["a carriage return is part of the line, as in Perl", "OK\r\n", "^OK$", "mismatch"],
  ["and can be asked for", "OK\r\n", "^OK\\r$", "up"],
  ["the line feed is part of the line too", "OK\n", "^OK\\n", "up"],
  ["the last line needs no line feed when the server closes", "OK", "^OK$", "up"],
  ["bytes are bytes", "\xff\xfe\n", "^\\xff", "up"],
  ["an empty line is a line", "\n", "^$", "up"],
  ["nothing is no line", "", "^$", "closed"],
])("%s", async ([, reply, receive, said]) => {
  await using server = await afterHalfClose("127.0.0.1", reply);
  expect(word(await outcome(prepared(simpletcp, ask(receive)), server.endpoint))).toBe(said);
});

describe("without receive", () => {
  test("anything is an answer, with or without a line feed in the request", async () => {
    await using server = await afterHalfClose("127.0.0.1", "x");
    for (const request of ["/hi", "/hi\\n"])
      expect(await verdict(simpletcp, server.endpoint, ask(undefined, request))).toMatchObject({
        up: true,
      });
  });

  test("nothing is none", async () => {
    await using server = await afterHalfClose("127.0.0.1", "");
    expect(await verdict(simpletcp, server.endpoint, ask())).toMatchObject({ reason: "closed" });
  });

  test("by UDP an empty datagram is an answer", async () => {
    await using server = await servingUdp("127.0.0.1", () => [""]);
    expect(await verdict(simpletcp, server.endpoint, { ...ask(), protocol: "udp" })).toMatchObject({
      up: true,
    });
  });
});

// As the original: and anybody may send junk in a healthy server's name.
test("by UDP each line of each datagram is looked at, until one fits", async () => {
  await using server = await servingUdp("127.0.0.1", () => ["one\ntwo", "three"]);
  const of = (receive: string) =>
    verdict(simpletcp, server.endpoint, {
      ...ask(receive),
      protocol: "udp",
      negotiateTimeoutMs: 200,
    });
  expect([(await of("^two$")).up, (await of("^three$")).up]).toEqual([true, true]);
  expect(await of("^four$")).toMatchObject({
    reason: "mismatch",
    detail: expect.stringContaining("one"),
  });
});

test("a line that fits is enough: the server need not close", async () => {
  await using server = await serve("127.0.0.1", (socket) => socket.resume().write("OK\n"));
  expect(await verdict(simpletcp, server.endpoint, ask("^OK$"))).toMatchObject({ up: true });
});

test("a line without an end is waited for, and bounded", async () => {
  await using server = await serve("127.0.0.1", (socket) => {
    const chunk = Buffer.alloc(16 * 1024, "x");
    const pour = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on("drain", pour).resume();
    pour();
  });
  expect(await verdict(simpletcp, server.endpoint, ask("y"))).toEqual({
    up: false,
    reason: "protocol",
    detail: "a line of more than 65536 bytes",
  });
});

test("lines without an end are bounded", async () => {
  await using server = await endless("127.0.0.1");
  expect(await verdict(simpletcp, server.endpoint, ask("quiet"))).toMatchObject({
    reason: "protocol",
  });
});

test("silence is no verdict of ours", async () => {
  await using server = await silent("127.0.0.1");
  const said = await outcome(prepared(simpletcp, ask("OK")), server.endpoint, 50);
  expect(said).toMatchObject({ isCut: true });
  expect(said.verdict).toBeUndefined();
});

test("a bad pattern is told when the file is read", () => {
  expect(simpletcp.prepare(settings({ receive: "(" }))).toEqual({
    ok: false,
    error: [expect.stringContaining("receive: ")],
  });
});

test("services that ask the same share a probe, others do not", () => {
  const all = [
    ask("a"),
    ask("b"),
    ask("a", "/x"),
    ask(),
    { ...ask("a"), protocol: "udp" as const },
  ];
  expect(new Set(all.map((wanted) => prepared(simpletcp, wanted).probeKey)).size).toBe(all.length);
});
