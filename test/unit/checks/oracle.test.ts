import { describe, expect, test } from "vitest";
import type { CheckSettings } from "../../../checks/check.ts";
import oracle from "../../../checks/oracle.ts";
import { Secret } from "../../../src/model/secret.ts";
import { answering, loopbacks, serve } from "../../support/servers/scripted.ts";
import { eventually, openSockets, outcome, prepared, settings, verdict } from "./probing.ts";

const right: Partial<CheckSettings> = {
  service: "oracle",
  login: "check",
  passwd: new Secret("geheim"),
  database: "ORCL",
  request: "/SELECT 1 FROM dual",
};

/** Length, checksum, type, flags, checksum of the header, then what the type has. */
function packet(type: number, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(8 + content.length);
  header[4] = type;
  return Buffer.concat([header, content]);
}

/** A listener's refusal, with the words of an 11.2 listener. */
function refusal(code: number): Buffer {
  const words = `(DESCRIPTION=(TMP=)(VSNNUM=186647040)(ERR=${code})(ERROR_STACK=(ERROR=(CODE=${code})(EMFI=4))))`;
  const length = Buffer.alloc(2);
  length.writeUInt16BE(words.length);
  return packet(4, Buffer.concat([Buffer.from([0x22, 0]), length, Buffer.from(words)]));
}

describe("a listener that refuses", () => {
  test.for(loopbacks)("is down at %s: it knows no such SID", async (address) => {
    let asked = "";
    const onRequest = (text: string): void => {
      asked += text;
    };
    await using server = await answering(address, refusal(12505), { onRequest });
    const { port } = server.endpoint;
    expect(await verdict(oracle, server.endpoint, right)).toEqual({
      up: false,
      reason: "status",
      detail: `NJS-519: cannot connect to Oracle Database. SID "ORCL" is not registered with the listener at host ${address} port ${port}.`,
    });
    expect(asked).toContain("(SID=ORCL)");
    expect(asked).not.toContain("geheim");
  });
  test("is down when it has no handler to spare, and tells Oracle's number", async () => {
    await using server = await answering("127.0.0.1", refusal(12520));
    expect(await verdict(oracle, server.endpoint, right)).toEqual({
      up: false,
      reason: "status",
      detail: expect.stringMatching(/was refused\. Cause: ORA-12520$/),
    });
  });
  test("is understood when it comes byte by byte", async () => {
    await using server = await answering("127.0.0.1", refusal(12505), { chunkBytes: 1 });
    expect(await verdict(oracle, server.endpoint, right)).toMatchObject({ reason: "status" });
  });
});

describe("what is no listener", () => {
  test.for([
    ["HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["SSH", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["a packet shorter than its header", packet(4, Buffer.alloc(0)).fill(4, 0, 2)],
    ["a refusal that ends within", refusal(12505).subarray(0, 40).fill(20, 1, 2)],
    ["an accept of zeros", packet(2, Buffer.alloc(16))],
  ] as const)("is down: protocol or closed, for %s", async ([, bytes]) => {
    await using server = await answering("127.0.0.1", bytes);
    const said = await verdict(oracle, server.endpoint, right);
    expect(said).toMatchObject({ up: false, reason: expect.stringMatching(/^(protocol|closed)$/) });
  });
  test("is down without waiting for more, for another protocol", async () => {
    await using server = await serve("127.0.0.1", (socket) => {
      socket.resume().write("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    expect(await verdict(oracle, server.endpoint, right)).toEqual({
      up: false,
      reason: "protocol",
      detail: "the answer is none of an Oracle listener",
    });
  });
  test("is down when it sends packets without end, of which little is kept", async () => {
    const control = Buffer.concat(Array.from({ length: 1000 }, () => packet(14, Buffer.alloc(32))));
    let sent = 0;
    await using server = await serve("127.0.0.1", (socket) => {
      const pour = (): void => {
        while (!socket.destroyed && socket.write(control)) sent += control.length;
      };
      socket.on("drain", pour).resume();
      pour();
    });
    const said = await verdict(oracle, server.endpoint, right);
    expect(said).toMatchObject({ up: false, reason: "protocol" });
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });
});

test("a listener that sends us on is followed, and what is opened there is closed as well", async () => {
  await using silent = await serve("127.0.0.1", (socket) =>
    socket.on("end", () => socket.end()).resume(),
  );
  const address = `(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT=${silent.endpoint.port}))`;
  const length = Buffer.alloc(2);
  length.writeUInt16BE(address.length);
  const redirect = packet(5, Buffer.concat([length, Buffer.from(address)]));
  await using server = await answering("127.0.0.1", redirect);
  const before = openSockets().length;
  const { isCut, lateTurns } = await outcome(prepared(oracle, right), server.endpoint, 300);
  expect(isCut).toBe(true);
  expect(lateTurns).toBeLessThan(1000);
  expect(await eventually(() => silent.held() === 0 && openSockets().length <= before)).toBe(true);
});

describe("the settings", () => {
  test.for([
    ["no login", { request: "SELECT 1 FROM dual", database: "ORCL" }],
    ["no request", { login: "check", database: "ORCL" }],
    ["a request that is a slash", { login: "check", request: "/", database: "ORCL" }],
  ] as const)("leave the server down with %s", ([, changes]) => {
    expect(oracle.prepare(settings({ service: "oracle", ...changes }))).toEqual({
      ok: true,
      value: {
        staysDown:
          "Must specify a login and request string for MySQL, Oracle and PostgreSQL checks. Not adding 127.0.0.1.",
      },
    });
  });
  test.for(["", "ORCL)(HOST=192.0.2.7", "a b"])(
    "leave the server down with the SID %j",
    (database) => {
      expect(oracle.prepare(settings({ ...right, database }))).toEqual({
        ok: true,
        value: { staysDown: expect.stringContaining("SID") },
      });
    },
  );
});

describe("a listener that redirects", () => {
  const redirect = (text: string): Buffer => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(text.length);
    return packet(5, Buffer.concat([length, Buffer.from(text)]));
  };
  const to = (host: string, port: number | string, protocol = "TCP"): string =>
    `(ADDRESS=(PROTOCOL=${protocol})(HOST=${host})(PORT=${port}))`;

  test.for<[what: string, chunkBytes: number]>([
    ["at once", 65_536],
    ["byte by byte", 1],
  ])("is followed to an address, told %s", async ([, chunkBytes]) => {
    await using other = await answering("127.0.0.1", refusal(12505));
    for (const wrap of [(text: string) => text, (text: string) => `(DESCRIPTION=${text})`]) {
      const text = wrap(to("127.0.0.1", other.endpoint.port, "tcp"));
      await using server = await answering("127.0.0.1", redirect(text), { chunkBytes });
      expect(await verdict(oracle, server.endpoint, right)).toMatchObject({
        detail: expect.stringContaining(`port ${other.endpoint.port}`),
      });
    }
  });

  test.for<[what: string, text: string]>([
    ["a name, which would be looked up", to("nosuch.invalid", 1521)],
    ["another protocol", to("127.0.0.1", 1521, "TCPS")],
    ["a socket of this machine", "(ADDRESS=(PROTOCOL=IPC)(KEY=/run/systemd/journal/socket))"],
    ["a proxy", `(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT=1)(HTTPS_PROXY=127.0.0.9))`],
    ["a port that is none", to("127.0.0.1", 65_536)],
    ["many addresses", `(ADDRESS_LIST=${to("127.0.0.1", 1).repeat(3)})`],
    ["retries", `(DESCRIPTION=(RETRY_COUNT=100000)${to("127.0.0.1", 1)})`],
    ["brackets without end", "(A=".repeat(2000)],
  ])("to %s is down, and says so", async ([, text]) => {
    await using server = await answering("127.0.0.1", redirect(text));
    expect(await verdict(oracle, server.endpoint, right)).toMatchObject({
      reason: "protocol",
    });
  });

  // It was called our trouble, so the server stayed in.
  test("to where we cannot go is down: it was the listener's choice", async () => {
    await using server = await answering("127.0.0.1", redirect(to("255.255.255.255", 1521)));
    expect(await verdict(oracle, server.endpoint, right)).toMatchObject({
      up: false,
      reason: "unreachable",
      detail: expect.stringContaining("255.255.255.255:1521"),
    });
  });

  test("again and again is down, and so is one that wants to be asked again and again", async () => {
    await using server = await serve("127.0.0.1", (socket) => {
      socket.on("data", () => socket.write(redirect(to("127.0.0.1", socket.localPort ?? 0))));
    });
    expect((await verdict(oracle, server.endpoint, right)).up).toBe(false);
    const resends = Buffer.concat(Array.from({ length: 100 }, () => packet(11, Buffer.alloc(0))));
    await using again = await answering("127.0.0.1", resends);
    expect(await verdict(oracle, again.endpoint, right)).toMatchObject({ reason: "protocol" });
  });
});
