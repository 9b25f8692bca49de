import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Check } from "../../../checks/check.ts";
import external from "../../../checks/external.ts";
import externalPerl from "../../../checks/external-perl.ts";
import { isLocalFault, LocalFault } from "../../../checks/lib/fault.ts";
import { runProgram } from "../../../checks/lib/program/program.ts";
import { createSlots } from "../../../checks/lib/program/semaphore.ts";
import type { ServiceKey } from "../../../src/model/virtual-service.ts";
import { tcp } from "../../support/builders.ts";
import { eventually, outcome, prepared, verdict, word } from "./probing.ts";

const folder = mkdtempSync(join(tmpdir(), "external-"));
afterAll(() => rmSync(folder, { recursive: true }));
const nowhere = { address: "192.0.2.9", port: 0 };

let files = 0;
function program(text: string, mode = 0o755): string {
  const file = join(folder, `program-${files++}`);
  writeFileSync(file, text, { mode });
  return file;
}
const shell = (text: string): string => program(`#!/bin/sh\n${text}\n`);

const said = (checkCommand: string) => verdict(external, nowhere, { checkCommand });

/** Reaped, or waiting for its parent to reap it: it runs no more. */
function isGone(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.startsWith("Z") ?? true;
  } catch {
    return true;
  }
}
const pidIn = (file: string): number => {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0;
  }
};

describe("the exit status decides", () => {
  test("0 is up", async () => {
    expect(await said("/bin/true")).toEqual({ up: true, detail: "exit status 0" });
  });

  test.for([1, 2, 127, 255])("%i is down", async (status) => {
    expect(await said(shell(`exit ${status}`))).toEqual({
      up: false,
      reason: "status",
      detail: `exit status ${status}`,
    });
  });

  test("the last line it wrote is in the detail, from stdout or stderr", async () => {
    expect(await said(shell("echo one; echo 'disk full' >&2; exit 1"))).toMatchObject({
      detail: "exit status 1: disk full",
    });
    expect(await said(shell("echo 'all well'"))).toMatchObject({
      detail: "exit status 0: all well",
    });
  });

  test("ended by a signal is down: it did not say 0", async () => {
    expect(await said(shell("kill -KILL $$"))).toEqual({
      up: false,
      reason: "status",
      detail: "ended by SIGKILL",
    });
  });

  test("a program that writes without end is neither blocked nor kept in memory", async () => {
    const result = await said(shell("head -c 3000000 /dev/zero | tr '\\0' x; exit 3"));
    expect(result).toMatchObject({ reason: "status" });
    expect(result.detail.length).toBeLessThan(300);
  });
});

// Seen: a disk that was gone, or a slip in the name at a reload, and all servers went at the next check.
describe("a program that cannot be started is our own trouble, and says why", () => {
  const trouble = async (check: Check, checkCommand: string): Promise<string> => {
    const { verdict: given, error } = await outcome(prepared(check, { checkCommand }), nowhere);
    if (!(error instanceof LocalFault)) throw new Error(`a verdict: ${JSON.stringify(given)}`);
    expect(error.fault).toBe("CHECKCOMMAND");
    return error.message;
  };

  test("one that does not exist", async () => {
    expect(await trouble(external, "/nonexistent/check")).toBe(
      "/nonexistent/check: no such program",
    );
  });

  test("one with arguments, for there is no shell to take them apart", async () => {
    expect(await trouble(external, "/bin/true --really")).toBe(
      "/bin/true --really: no such program (checkcommand takes no arguments)",
    );
  });

  test("one that is not executable", async () => {
    expect(await trouble(external, program("#!/bin/sh\n", 0o644))).toMatch(/: not executable$/);
  });

  test("one whose interpreter is not there", async () => {
    expect(await trouble(external, program("#!/nonexistent/sh\n"))).toMatch(/: no such program$/);
  });

  test("a Perl program that is not there", async () => {
    expect(await trouble(externalPerl, "/nonexistent.pl")).toBe("/nonexistent.pl: no such program");
  });
});

describe("it is given", () => {
  const recorder = shell('for argument; do printf "%s|" "$argument"; done; pwd');
  const given = async (virtual: ServiceKey, address: string): Promise<string> => {
    const real = { address, port: 8080 };
    const asked = { checkCommand: recorder, virtual, real };
    // The check port is not among them: the program is told the real server's own.
    return (await verdict(external, { address, port: 99 }, asked)).detail;
  };

  test("virtual address and port, real address and port, and the root directory", async () => {
    expect(await given(tcp("192.0.2.1:80"), "192.0.2.2")).toBe(
      "exit status 0: 192.0.2.1|80|192.0.2.2|8080|/",
    );
  });

  test("IPv6 in brackets", async () => {
    expect(await given(tcp("[2001:db8::1]:80"), "2001:db8::2")).toBe(
      "exit status 0: [2001:db8::1]|80|[2001:db8::2]|8080|/",
    );
  });

  test("a mark, and 0 for its port", async () => {
    expect(await given({ kind: "fwmark", family: 4, mark: 5 }, "192.0.2.2")).toBe(
      "exit status 0: 5|0|192.0.2.2|8080|/",
    );
  });
});

describe("when it is cut", () => {
  test("the program and its children are gone before the probe settles", async () => {
    const own = join(folder, "own.pid");
    const child = join(folder, "child.pid");
    const checkCommand = shell(`echo $$ > ${own}; sleep 60 & echo $! > ${child}; wait`);
    const { probe } = prepared(external, { checkCommand });
    const controller = new AbortController();
    const running = probe(nowhere, controller.signal);
    expect(await eventually(() => pidIn(child) > 0)).toBe(true);
    controller.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    expect(isGone(pidIn(own))).toBe(true);
    expect(await eventually(() => isGone(pidIn(child)), 5000)).toBe(true);
  });

  test("one that ignores SIGTERM is killed, with a child that does too", async () => {
    const child = join(folder, "stubborn.pid");
    const stubborn = shell(`trap '' TERM
(trap '' TERM; while :; do sleep 1; done) &
echo $! > ${child}
while :; do sleep 1; done`);
    const controller = new AbortController();
    const running = runProgram(stubborn, [], controller.signal);
    expect(await eventually(() => pidIn(child) > 0)).toBe(true);
    controller.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    expect(await eventually(() => isGone(pidIn(child)), 5000)).toBe(true);
  });

  test("what a program leaves behind when it ends by itself goes too", async () => {
    const child = join(folder, "left.pid");
    const leaves = shell(`sleep 60 & echo $! > ${child}; exit 0`);
    expect(await said(leaves)).toMatchObject({ up: true });
    expect(await eventually(() => isGone(pidIn(child)), 5000)).toBe(true);
  });
});

test("a child that made itself a stranger does not keep a finished program's probe waiting", async () => {
  const child = join(folder, "stranger.pid");
  // It leaves the process group, with the pipes in its hands. This test ends it.
  const daemonises = shell(`setsid sh -c 'echo $$ > ${child}; exec sleep 60' &
while ! test -s ${child}; do sleep 0.01; done; echo done`);
  try {
    expect(await said(daemonises)).toEqual({ up: true, detail: "exit status 0: done" });
  } finally {
    process.kill(pidIn(child), "SIGKILL");
  }
});

test("what a program wrote is there however soon another's end is noticed", async () => {
  const echo = shell("echo well");
  for (let round = 0; round < 20; round++) {
    const missing = outcome(prepared(external, { checkCommand: "/nonexistent/check" }), nowhere);
    const [, result] = await Promise.all([missing, said(echo)]);
    expect(result.detail).toBe("exit status 0: well");
  }
});

describe("too many at once", () => {
  test("the one too many waits for its turn", async () => {
    const slots = createSlots(1);
    const never = new AbortController().signal;
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    await Promise.all([
      runProgram(shell("sleep 0.1"), [], never, slots).then(note("first")),
      runProgram("/bin/true", [], never, slots).then(note("second")),
    ]);
    expect(order).toEqual(["first", "second"]);
  });

  test("time spent in line is not the server's: cut there, there is no verdict", async () => {
    const slots = createSlots(1);
    const busy = new AbortController();
    const blocker = runProgram(shell("sleep 60"), [], busy.signal, slots);
    const waiting = new AbortController();
    const waited = runProgram("/bin/true", [], waiting.signal, slots);
    waiting.abort(new Error("deadline"));
    const error = await waited.catch((reason: unknown) => reason);
    expect(isLocalFault(error)).toBe("CHECK_PROGRAMS");
    busy.abort(new Error("done"));
    await expect(blocker).rejects.toThrow("done");
    // Both slots' worth came back: another runs at once.
    await expect(
      runProgram("/bin/true", [], new AbortController().signal, slots),
    ).resolves.toMatchObject({ status: 0 });
  });
});

test("it has checktimeout", () => {
  expect(prepared(external, { checkTimeoutMs: 3000 }).timeoutMs).toBe(3000);
  expect(prepared(externalPerl, { checkTimeoutMs: 3000 }).timeoutMs).toBe(3000);
});

test("probes are shared only where program and arguments are the same", () => {
  const same = (checkCommand: string, port = 80): string =>
    prepared(external, { checkCommand, real: { address: "192.0.2.9", port } }).probeKey;
  expect(same("/bin/true")).toBe(same("/bin/true"));
  expect(same("/bin/true")).not.toBe(same("/bin/false"));
  expect(same("/bin/true")).not.toBe(same("/bin/true", 81));
});

describe("external-perl", () => {
  const perl = (text: string) =>
    verdict(externalPerl, nowhere, { checkCommand: program(text, 0o644) });

  test("a file without exit is up, executable or not", async () => {
    expect(await perl("my $sum = 1 + 1;\n")).toEqual({ up: true, detail: "exit status 0" });
  });

  test("exit decides, and the arguments are those of external", async () => {
    expect(await perl('exit(@ARGV == 4 && $ARGV[0] eq "192.0.2.1" ? 0 : 1);\n')).toMatchObject({
      up: true,
    });
    expect(await perl("exit 1;\n")).toMatchObject({ detail: "exit status 1" });
  });

  test("die, and a file that does not compile, are down with Perl's own words", async () => {
    expect((await perl('die "no database\\n";\n')).detail).toBe("exit status 255: no database");
    expect((await perl("this is (\n")).up).toBe(false);
  });

  test("one that hangs has no verdict of its own", async () => {
    const checkCommand = program("sleep 60;\n", 0o644);
    const result = await outcome(prepared(externalPerl, { checkCommand }), nowhere, 200);
    expect(word(result)).toBe("no verdict");
  });
});
