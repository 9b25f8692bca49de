import { spawn } from "node:child_process";
import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ControlledDaemon, virtualText } from "../../../support/controlled-daemon.ts";

let it: ControlledDaemon;
beforeEach(async () => {
  it = await ControlledDaemon.start(virtualText(80, "real=127.0.0.2:80 masq\nchecktype=on"));
});
afterEach(() => it[Symbol.asyncDispose]());

const commands = [
  ["status"],
  ["health"],
  ["explain", "127.0.0.2"],
  ["drain", "127.0.0.2", "--deadline", "1m"],
  ["undrain", "--all"],
  ["maintenance", "127.0.0.2", "on"],
  ["weight", "127.0.0.2", "5"],
  ["weight", "--list"],
  ["reload"],
  ["events"],
];

test("without a daemon every command ends with 3 and a line that says so", async () => {
  await it.end();
  const err = `no ldirectord-ng runs for ${it.cf} (nobody listens on ${it.socket})\n`;
  for (const command of commands) {
    expect(await it.ctl(command), command.join(" ")).toEqual({ code: 3, out: "", err });
  }
});

test("so it is with a socket that a dead daemon left", async () => {
  await it.end();
  const program = `require("node:net").createServer().listen(${JSON.stringify(it.socket)},
    () => process.kill(process.pid, "SIGKILL"))`;
  const child = spawn(process.execPath, ["-e", program]);
  await new Promise((resolve) => child.once("close", resolve));
  expect(existsSync(it.socket)).toBe(true);
  expect(await it.ctl(["status"])).toMatchObject({
    code: 3,
    err: expect.stringContaining("nobody listens"),
  });
});

test("a socket that is off is told as that", async () => {
  writeFileSync(join(it.folder, "ldirectord-ng.ini"), "[control]\nsocket=off\n");
  const { code, err } = await it.ctl(["status"]);
  expect(code).toBe(3);
  expect(err).toBe(`[control] socket is off in the ldirectord-ng.ini beside ${it.cf}\n`);
});

test("a configuration file that is not there is told as that", async () => {
  rmSync(it.cf);
  const err = `Config file ${it.cf} not found\n`;
  expect(await it.ctl(["status"])).toEqual({ code: 3, out: "", err });
});

test("one that hangs up in the middle of its answer has ended", async () => {
  await it.end();
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const server = createServer((socket) => {
    socket.on("error", () => {}).once("data", () => socket.end(`${head}8\r\n{"at":1`));
  });
  await new Promise<void>((resolve) => server.listen(it.socket, resolve));
  for (const command of [["status"], ["events"]]) {
    const { code, err } = await it.ctl(command);
    expect({ code, err }).toEqual({
      code: 3,
      err: `the ldirectord-ng for ${it.cf} has ended, or hung up\n`,
    });
  }
  await new Promise((resolve) => server.close(resolve));
});

test.skipIf(process.getuid?.() !== 0)(
  "an account that may not is told who may (to be another one takes root)",
  async () => {
    chmodSync(it.folder, 0o755);
    // Its modules are read before: another account may not be able to.
    await it.ctl(["status"]);
    const groups = process.getgroups?.() ?? [];
    process.setgroups?.([]);
    process.setegid?.(61_234);
    process.seteuid?.(61_234);
    try {
      expect(await it.ctl(["status"])).toEqual({
        code: 3,
        out: "",
        err: `${it.socket} is for root and the group ldirectord: you are neither\n`,
      });
    } finally {
      process.seteuid?.(0);
      process.setegid?.(0);
      process.setgroups?.(groups);
    }
  },
);
