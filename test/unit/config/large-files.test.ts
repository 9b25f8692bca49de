import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { report } from "../../../src/config/diagnostics.ts";
import { type LoadOptions, loadConfig } from "../../../src/config/load.ts";
import { atOnce, inTurns, type Steps } from "../../../src/config/turns.ts";
import { services } from "../../support/services.ts";
import { read } from "./read.ts";

const told = async (
  text: string | Uint8Array,
  options: Partial<LoadOptions> = {},
): Promise<string[]> => report(await read(text, options), "t.cf", 7).map((line) => line.text);

/** Not random: the same bytes at each run. */
function junk(bytes: number): Buffer {
  let state = 1;
  return Buffer.from(
    Array.from({ length: bytes }, () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state >> 16;
    }),
  );
}

describe("what is told of a file does not grow with its mistakes", () => {
  test("fifty of them, and how many more", async () => {
    const lines = await told("x y\n".repeat(10_000));
    expect(lines[0]).toBe("Error [7] reading file t.cf at line 1: Unknown command x y");
    expect(lines[50]).toMatch(/^t\.cf:50:1: /);
    expect(lines.slice(51)).toEqual(["t.cf: … and 9950 more mistakes"]);
  });

  test("in the values of many services, too, and a long list once", async () => {
    const one = (i: number) =>
      `virtual=10.0.${i >> 8}.${i & 255}:80\n    checktype=on\n    service=pingpong\n\n`;
    const lines = await told(Array.from({ length: 2_000 }, (_, i) => one(i)).join(""));
    expect(lines.length).toBe(52);
    expect(lines.filter((line) => line.includes("it is one of")).length).toBe(1);
    expect(lines.at(-1)).toBe("t.cf: … and 1950 more mistakes");
  });

  test("a warning that is the same of many lines is one line", async () => {
    const one = (i: number) => `virtual=${i + 1}\n    real=10.0.0.1 gate\n\n`;
    const lines = await told(Array.from({ length: 300 }, (_, i) => one(i)).join(""));
    expect(lines.length).toBe(1);
    expect(lines[0]).toMatch(
      /^t\.cf:1:9: warning: virtual: no service .* \(and so in 299 more lines\)$/,
    );
  });

  test("the original's own warnings are told line by line", async () => {
    const lines = await told("checkcount=1\ncheckcount=2\n");
    expect(lines).toEqual(
      [1, 2].map((n) => expect.stringContaining(`at line ${n}: checkcount option`)),
    );
  });
});

describe("what is no ldirectord.cf at all gets one hint", () => {
  test.for<[kind: string, text: string | Buffer, hint: string]>([
    ["junk", junk(100_000), "binary file"],
    [
      "an indented file",
      "    checktimeout=3\n    virtual=10.0.0.1:80\n            service=http\n",
      "every line is indented",
    ],
    [
      "tabs before all",
      "\tautoreload=yes\n\n\tvirtual=10.0.0.1:80\n\t\tservice=http\n",
      "every line is indented",
    ],
    [
      "keepalived",
      "! Configuration\nglobal_defs {\n}\nvirtual_server 10.0.0.1 80 {\n  lb_algo rr\n}\n",
      "keepalived.conf",
    ],
    [
      "haproxy",
      "global\n  daemon\nfrontend web\n  bind *:80\nbackend b\n  server a 10.0.0.1:80\n",
      "haproxy.cfg",
    ],
    ["nginx", "worker_processes 1;\nhttp {\n  server {\n    listen 80;\n  }\n}\n", "nginx"],
    ["json", '{\n  "virtual": "10.0.0.1:80"\n}\n', "JSON"],
    ["our own ini", "[table]\nbackend=kernel\n", "ldirectord-ng.ini"],
  ])("%s", async ([, text, hint]) => {
    const lines = await told(text);
    expect(lines.length).toBe(2);
    expect(lines[0]).toMatch(/^Error \[7\] reading file t\.cf at line 1: Unknown command /);
    expect(lines[1]).toContain(hint);
  });

  test("but not a file of ours with a mistake", async () => {
    const lines = await told("autoreload=maybe\nvirtual=10.0.0.1:80\n    servis=http\n");
    expect(lines.length).toBe(3);
  });
});

test("a file beyond any use is refused whole", async () => {
  const folder = await mkdtemp(join(tmpdir(), "large-"));
  try {
    const path = join(folder, "t.cf");
    await writeFile(path, "# ours\n");
    await truncate(path, 17 * 2 ** 20);
    expect(await loadConfig(path, { services })).toMatchObject({
      ok: false,
      diagnostics: [
        { message: "can not be read: it is larger than 16 MiB, so it is no configuration" },
      ],
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a line of a million characters is one mistake", async () => {
  const long = `    real=192.0.2.11:80 gate ${'" '.repeat(500_000)}`;
  const lines = await told(`virtual=192.0.2.1:80\n${" ".repeat(1_000_000)}x\n${long}\n`);
  // The original's words hold the end of the line, too.
  expect(lines.length).toBe(4);
  expect(lines.every((line) => line.length < 3_000)).toBe(true);
});

describe("others have their turn meanwhile", () => {
  function* work(steps: number): Steps<number> {
    for (let i = 0; i < steps; i++) {
      const until = performance.now() + 1;
      while (performance.now() < until);
      yield;
    }
    return steps;
  }

  test("between steps, every few milliseconds", async () => {
    let turns = 0;
    let isOver = false;
    const others = (async () => {
      for (; !isOver; turns++) await setImmediate();
    })();
    expect(await inTurns(work(40))).toBe(40);
    isOver = true;
    await others;
    // Of 40 ms in all, none was longer than 5.
    expect(turns).toBeGreaterThanOrEqual(6);
    expect(atOnce(work(2))).toBe(2);
  });

  test("while a large file is read", async () => {
    let turns = 0;
    let isOver = false;
    const others = (async () => {
      for (; !isOver; turns++) await setImmediate();
    })();
    const lines = Array.from(
      { length: 5_000 },
      (_, i) => `    real=10.1.${i >> 8}.${i & 255}:80 gate`,
    );
    const loaded = await read(`virtual=192.0.2.1:80\n${lines.join("\n")}\n`);
    isOver = true;
    await others;
    expect(loaded.ok).toBe(true);
    expect(turns).toBeGreaterThanOrEqual(4);
  });
});
