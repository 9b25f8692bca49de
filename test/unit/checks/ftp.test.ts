import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import type { CheckSettings } from "../../../checks/check.ts";
import ftp from "../../../checks/ftp.ts";
import { Secret } from "../../../src/model/secret.ts";
import { type FtpScript, type FtpServer, ftpServer } from "../../support/servers/ftp-server.ts";
import {
  endless,
  type Loopback,
  loopbacks,
  refusing,
  silent,
  trickling,
} from "../../support/servers/scripted.ts";
import { eventually, outcome, prepared, settings, verdict } from "./probing.ts";

const wanted: Partial<CheckSettings> = {
  service: "ftp",
  login: "monitor",
  passwd: new Secret("sesame"),
  request: "/status.txt",
  receive: "all is well",
};
const files = { "/status.txt": "Today\nall is well\n", "/": "" };
const without = (...names: (keyof CheckSettings)[]): Partial<CheckSettings> =>
  Object.fromEntries(
    Object.entries(wanted).filter(([name]) => !(names as string[]).includes(name)),
  );

const says = async (script: FtpScript, changes: Partial<CheckSettings> = wanted) => {
  await using server = await ftpServer("127.0.0.1", script);
  return await verdict(ftp, server.endpoint, changes);
};

describe.for(loopbacks)("on %s", (address) => {
  test("the file is fetched passively, and the text found in it", async () => {
    await using server = await ftpServer(address, { files });
    expect(await verdict(ftp, server.endpoint, wanted)).toEqual({
      up: true,
      detail: "/status.txt: 18 bytes",
    });
    await eventually(() => server.heard.includes("QUIT"));
    expect(server.heard).toEqual([
      "USER monitor",
      "PASS sesame",
      "CWD /",
      "TYPE I",
      address === "::1" ? "EPSV" : "PASV",
      "RETR /status.txt",
      "QUIT",
    ]);
    expect(await eventually(() => server.held() + server.heldData() === 0)).toBe(true);
  });

  test("a reply of several lines that comes byte by byte is one reply", async () => {
    await using server = await ftpServer(address, {
      files,
      chunkBytes: 1,
      greeting: "220-welcome\r\n 220 not yet\r\n221 nor this\r\n220 ready",
      replies: { PASS: "230-line\r\n331 no\r\n230 in" },
    });
    expect(await verdict(ftp, server.endpoint, wanted)).toMatchObject({ up: true });
  });

  test("text that is not in the file", async () => {
    await using server = await ftpServer(address, { files });
    expect(await verdict(ftp, server.endpoint, { ...wanted, receive: "maintenance" })).toEqual({
      up: false,
      reason: "mismatch",
      detail: 'receive "maintenance" is not in /status.txt of 18 bytes: "Today all is well"',
    });
  });
});

describe("a server that allows no passive mode", () => {
  const noPassive = { PASV: "550 Permission denied.", EPSV: "550 Permission denied." };
  /** What a connection to where it was told to connect comes to. */
  const whoListens = async ({ heard }: FtpServer, address: Loopback): Promise<string> => {
    const told = heard.find((line) => /^(PORT|EPRT) /.test(line)) ?? "";
    const numbers = told.split(/[ ,|]/).filter((word) => word !== "");
    const [high = 0, low = 0] = numbers.slice(-2).map(Number);
    const port = told.startsWith("EPRT") ? low : high * 256 + low;
    expect(port).toBeGreaterThan(0);
    const socket = connect(port, address);
    const [error] = await once(socket, "error");
    return error.code;
  };

  test.for([
    ["127.0.0.1", ["PASV", "EPSV", "PORT"]],
    ["::1", ["EPSV", "EPRT"]],
  ] as const)(
    "is asked to connect to us, on %s, and then nobody listens",
    async ([address, words]) => {
      await using server = await ftpServer(address, {
        files,
        replies: noPassive,
        activeFrom: address,
      });
      expect(await verdict(ftp, server.endpoint, wanted)).toEqual({
        up: true,
        detail: "/status.txt: 18 bytes",
      });
      const commands = server.heard.map((line) => line.split(" ")[0] ?? "");
      expect(commands.filter((word) => /^(P|E)(ASV|PSV|ORT|PRT)$/.test(word))).toEqual(words);
      expect(await whoListens(server, address)).toBe("ECONNREFUSED");
    },
  );

  test("is down when the text is not in the file, or the file is not there", async () => {
    const script = { files, replies: noPassive, activeFrom: "127.0.0.1" };
    const other = { ...wanted, receive: "maintenance" };
    expect(await says(script, other)).toMatchObject({ reason: "mismatch" });
    expect(await says(script, { ...wanted, request: "/none" })).toMatchObject({ reason: "status" });
  });

  test("is down when it cannot connect, or may not", async () => {
    const cannot = { ...noPassive, RETR: "425 Failed to establish connection." };
    const detail = "425 Failed to establish connection.";
    expect(await says({ replies: cannot, activeFrom: "127.0.0.1" })).toMatchObject({
      reason: "status",
      detail,
    });
    const mayNot = { ...noPassive, PORT: "500 Illegal PORT command." };
    expect(await says({ files, replies: mayNot, activeFrom: "127.0.0.1" })).toMatchObject({
      reason: "status",
      detail: "500 Illegal PORT command.",
    });
  });

  test("is not believed when another address connects, and nothing stays after the cut", async () => {
    await using server = await ftpServer("127.0.0.1", {
      files,
      replies: noPassive,
      activeFrom: "127.0.0.9",
    });
    const said = await outcome(prepared(ftp, wanted), server.endpoint, 300);
    expect([said.isCut, said.verdict]).toEqual([true, undefined]);
    expect(server.heard.some((line) => line.startsWith("RETR"))).toBe(true);
    expect(await whoListens(server, "127.0.0.1")).toBe("ECONNREFUSED");
    expect(await eventually(() => server.held() === 0)).toBe(true);
  });
});

test.for<[what: string, script: FtpScript, said: object]>([
  [
    "the greeting refuses",
    { greeting: "421 too many" },
    { reason: "status", detail: "421 too many" },
  ],
  ["the greeting is no FTP", { greeting: "SSH-2.0-OpenSSH" }, { reason: "protocol" }],
  ["the greeting asks to wait", { files, greeting: "120 a moment\r\n220 now" }, { up: true }],
  ["the login is refused", { replies: { PASS: "530 no" } }, { reason: "auth", detail: "530 no" }],
  ["the user is refused", { replies: { USER: "530 no" } }, { reason: "auth" }],
  ["an account is wanted too", { replies: { PASS: "332 account?" } }, { reason: "auth" }],
  ["full at login", { replies: { PASS: "421 full" } }, { reason: "status" }],
  ["broken at login", { replies: { PASS: "500 OOPS" } }, { reason: "status" }],
  ["no password needed", { files, replies: { USER: "230 in" } }, { up: true }],
  ["CWD refused", { files, replies: { CWD: "550 no" } }, { up: true }],
  ["TYPE refused", { files, replies: { TYPE: "504 no" } }, { reason: "status" }],
  ["no such file", {}, { reason: "status", detail: "550 no such file" }],
  ["PASV unknown, EPSV known", { files, replies: { PASV: "502 no" } }, { up: true }],
  [
    "neither, nor PORT",
    { files, replies: { PASV: "502 no", EPSV: "522 no" } },
    { reason: "status", detail: "502 what?" },
  ],
  ["a PASV reply without a port", { files, replies: { PASV: "227 here" } }, { reason: "protocol" }],
  [
    "a PASV reply with port 0",
    { files, replies: { PASV: "227 (1,2,3,4,0,0)" } },
    { reason: "protocol" },
  ],
  [
    "a PASV reply with too big a port",
    { files, replies: { PASV: "227 (1,2,3,4,999,0)" } },
    { reason: "protocol" },
  ],
  ["right text, then trouble", { files, replies: { 226: "426 oops" } }, { up: true }],
  [
    "the data connection is cut",
    { onData: (socket) => socket.resetAndDestroy() },
    { reason: "closed" },
  ],
])("%s", async ([, script, said]) => {
  expect(await says(script)).toMatchObject(said);
});

describe("without receive", () => {
  test("the fetch must work", async () => {
    expect(await says({ files }, without("receive"))).toMatchObject({ up: true });
    expect(await says({}, without("receive"))).toMatchObject({ reason: "status" });
    expect(await says({ files, replies: { 226: "451 disk" } }, without("receive"))).toMatchObject({
      reason: "status",
      detail: "451 disk",
    });
  });

  test("and without request the login is enough", async () => {
    await using server = await ftpServer("127.0.0.1");
    expect(await verdict(ftp, server.endpoint, without("receive", "request"))).toEqual({
      up: true,
      detail: "230 welcome",
    });
    await eventually(() => server.heard.includes("QUIT"));
    expect(server.heard).toEqual(["USER monitor", "PASS sesame", "QUIT"]);
  });

  test("a server that is dead is down, whatever is asked of it", async () => {
    await using server = await refusing("127.0.0.1");
    expect(await verdict(ftp, server.endpoint, without("receive", "request"))).toMatchObject({
      reason: "refused",
    });
  });
});

test("without a login it is anonymous", async () => {
  await using server = await ftpServer("127.0.0.1", { files });
  await verdict(ftp, server.endpoint, without("login", "passwd"));
  expect(server.heard.slice(0, 2)).toEqual(["USER anonymous", "PASS anonymous@"]);
});

test("the data connection goes to the server that is checked, wherever PASV points", async () => {
  await using other = await ftpServer("127.0.0.1");
  const { port } = other.endpoint;
  // 127.0.0.9 and the port of something that listens on 127.0.0.1 only.
  const PASV = `227 (127,0,0,9,${port >> 8},${port & 255})`;
  const probe = prepared(ftp, wanted);
  await using server = await ftpServer("127.0.0.1", { files, replies: { PASV, RETR: "" } });
  await outcome(probe, server.endpoint, 200);
  expect(await eventually(() => server.heard.some((line) => line.startsWith("RETR")))).toBe(true);
});

test("a refused data connection names its port", async () => {
  await using gone = await refusing("127.0.0.1");
  const { port } = gone.endpoint;
  const PASV = `227 (127,0,0,1,${port >> 8},${port & 255})`;
  expect(await says({ files, replies: { PASV } })).toEqual({
    up: false,
    reason: "refused",
    detail: `connection refused (127.0.0.1:${port})`,
  });
});

test("of an endless file the first half MiB is looked at", async () => {
  const pour = (first: string): FtpScript => ({
    onData: (socket) => {
      const chunk = Buffer.alloc(64 * 1024, "x");
      const more = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on("drain", more).write(first);
      more();
    },
  });
  expect(await says(pour("all is well"))).toMatchObject({ up: true });
  expect(await says(pour("nothing"))).toMatchObject({ reason: "mismatch" });
  expect(await says(pour("nothing"), without("receive"))).toMatchObject({ up: true });
});

test.for<[what: string, script: FtpScript]>([
  ["in the reply to PASS", { replies: { PASS: "" } }],
  ["in the reply to RETR", { files, replies: { RETR: "" } }],
  ["with the file", { onData: () => {} }],
])("silence %s: nothing stays open after the cut", async ([, script]) => {
  await using server = await ftpServer("127.0.0.1", script);
  const said = await outcome(prepared(ftp, wanted), server.endpoint, 150);
  expect(said.isCut).toBe(true);
  expect(said.verdict).toBeUndefined();
  expect(await eventually(() => server.held() + server.heldData() === 0)).toBe(true);
});

test("servers that never come to the point", async () => {
  await using babbling = await endless("127.0.0.1");
  expect(await verdict(ftp, babbling.endpoint, wanted)).toMatchObject({ reason: "protocol" });
  await using greeting = await trickling("127.0.0.1", () => "220-still greeting\r\n");
  expect((await outcome(prepared(ftp, wanted), greeting.endpoint, 100)).isCut).toBe(true);
  await using quiet = await silent("127.0.0.1");
  expect((await outcome(prepared(ftp, wanted), quiet.endpoint, 50)).isCut).toBe(true);
});

test("the password is in no verdict", async () => {
  for (const PASS of ["530 sesame is wrong", "530-no\r\n530 'sesame'", "sesame?"]) {
    const said = await says({ replies: { PASS } });
    expect(said.up).toBe(false);
    expect(said.detail).not.toContain("sesame");
  }
});

test("what would be another command is told when the file is read", () => {
  const result = ftp.prepare(
    settings({ request: "/a\rDELE b", login: "a\nb", passwd: new Secret("x\r"), receive: "(" }),
  );
  expect(result).toEqual({
    ok: false,
    error: ["receive", "request", "login", "passwd"].map((name) =>
      expect.stringContaining(`${name}: `),
    ),
  });
  expect(JSON.stringify(result)).not.toContain("x\\r");
});

test("services that ask the same share a probe, others do not", () => {
  const all = [
    wanted,
    { ...wanted, login: "x" },
    { ...wanted, passwd: new Secret("x") },
    { ...wanted, request: "/x" },
    without("receive"),
  ];
  expect(new Set(all.map((of) => prepared(ftp, of).probeKey)).size).toBe(all.length);
});
