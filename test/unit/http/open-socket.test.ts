import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openControl } from "../../../src/control/server.ts";
import { listenOnSocket } from "../../../src/http/open-socket.ts";
import { ControlledDaemon, virtualText } from "../../support/controlled-daemon.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";

let folder = "";
let path = "";
const servers: Server[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "socket-"));
  path = join(folder, "control.sock");
});
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
  );
  rmSync(folder, { recursive: true, force: true });
});

async function listen(gid?: number): Promise<Server> {
  const server = createServer((socket) => socket.on("error", () => {}).end("here\n"));
  await listenOnSocket(server, path, gid);
  servers.push(server);
  return server;
}

const mode = (): number => statSync(path).mode & 0o777;
const isRoot = process.getuid?.() === 0;
/** No account of this machine. */
const strangers = 61_234;
const group = 61_235;

test("without the group the socket is for the daemon's own user", async () => {
  await listen();
  expect(mode()).toBe(0o600);
});

test.skipIf(!isRoot)(
  "with the group it is for that, too (to give a file away takes root)",
  async () => {
    await listen(group);
    expect(mode()).toBe(0o660);
    expect(statSync(path).gid).toBe(group);
  },
);

test("the process's own umask is as it was", async () => {
  const before = process.umask();
  await listen();
  expect(process.umask()).toBe(before);
});

/** What a process of another account gets that connects. */
function connectAs(uid: number, gid: number): Promise<string> {
  const program = `require("node:net").connect(${JSON.stringify(path)})
    .on("error", ({ code }) => console.log(code)).on("data", (text) => process.stdout.write(text))`;
  const child = spawn(process.execPath, ["-e", program], { uid, gid, cwd: "/" });
  let text = "";
  child.stdout.on("data", (part) => {
    text += part;
  });
  return new Promise((resolve) => child.once("close", () => resolve(text)));
}

test.skipIf(!isRoot)(
  "a user outside the group cannot open it, one in it can (to be another user takes root)",
  async () => {
    chmodSync(folder, 0o755);
    await listen(group);
    expect(await connectAs(strangers, strangers)).toBe("EACCES\n");
    expect(await connectAs(strangers, group)).toBe("here\n");
  },
);

test("a socket that a dead daemon left is taken over", async () => {
  const program = `require("node:net").createServer().listen(${JSON.stringify(path)},
    () => process.kill(process.pid, "SIGKILL"))`;
  const child = spawn(process.execPath, ["-e", program]);
  await new Promise((resolve) => child.once("close", resolve));
  expect(existsSync(path)).toBe(true);
  await listen();
  expect(await connectAs(process.getuid?.() ?? 0, process.getgid?.() ?? 0)).toBe("here\n");
});

test("one that somebody listens on is not", async () => {
  await listen();
  await expect(listen()).rejects.toThrow("another process listens on it");
  expect(existsSync(path)).toBe(true);
});

test("a file that is no socket is left alone", async () => {
  writeFileSync(path, "mine");
  await expect(listen()).rejects.toThrow("a file that is no socket");
  expect(readFileSync(path, "utf8")).toBe("mine");
});

test("a path that is longer than the kernel takes is told as that", async () => {
  path = join(folder, "x".repeat(108 - folder.length));
  await expect(listen()).rejects.toThrow("no more than 107 bytes");
});

test("a folder that can not be made is told, and the daemon goes on without", async () => {
  await using it = await ControlledDaemon.start(virtualText(80, "real=127.0.0.2:80 masq"));
  const log = memoryLog();
  writeFileSync(join(folder, "file"), "");
  path = join(folder, "file", "control.sock");
  expect(await openControl({ path, director: it.director, log })).toBeUndefined();
  expect(log.all("control-failed")).toEqual([
    { path, cause: expect.stringMatching(/^(EEXIST|ENOTDIR): /) },
  ]);
  // Its own socket is another one, and answers.
  expect(await it.ctl(["events"])).toMatchObject({ code: 0, err: "" });
});
