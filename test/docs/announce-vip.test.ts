/** examples/ha/ecmp's announce-vip, with an `ip` that only writes down what it was told, and a word that the test gives. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const script = new URL(
  "../../examples/ha/ecmp/director/usr/local/sbin/announce-vip",
  import.meta.url,
);

let folder: string;
let child: ChildProcess | undefined;

/** The exit code of ldirectord-health. */
async function say(code: 0 | 1 | 2 | 3): Promise<void> {
  await writeFile(join(folder, "word.new"), `${code}\n`);
  await rename(join(folder, "word.new"), join(folder, "word"));
}
/** How many lines a test has seen. */
let seen = 0;
/** What was told since then. */
const told = async () =>
  (await readFile(join(folder, "told"), "utf8")).trim().split("\n").slice(seen);
const lease = (link: string) => `addr replace 192.0.2.1/32 dev ${link} valid_lft 4 preferred_lft 4`;
const end = (link: string) => `addr del 192.0.2.1/32 dev ${link}`;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ldng-announce-"));
  const program = async (name: string, text: string) => {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, name), 0o755);
  };
  await program("ip", `echo "$@" >>${folder}/told`);
  await program(
    "ldirectord-health",
    `echo "$@" >>${folder}/asked; read w <${folder}/word; exit $w`,
  );
  await program("sleep", "exec /bin/sleep 0.01");
  await writeFile(join(folder, "told"), "");
  seen = 0;
  await writeFile(join(folder, "ldirectord.health"), "");
  const text = await readFile(script, "utf8");
  await program("announce-vip", text.replace("/var/run/ldirectord/", `${folder}/`));
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await once(child, "close");
  }
  await rm(folder, { recursive: true, force: true });
});

function start(): ChildProcess {
  const env = { PATH: `${folder}:${process.env["PATH"]}` };
  child = spawn("sh", [join(folder, "announce-vip"), "192.0.2.1", "192.0.2.1:80"], {
    env,
    stdio: "ignore",
  });
  return child;
}

const ten = { timeout: 10_000 };
/** Waits until these were told, in this order. @returns what was told up to the last of them and was not seen before */
async function untilTold(...wanted: readonly string[]): Promise<readonly string[]> {
  const lines = await vi.waitFor(async () => {
    const now = await told();
    let after = 0;
    for (const line of wanted) {
      expect(now.slice(after)).toContain(line);
      after = now.indexOf(line, after) + 1;
    }
    return now.slice(0, after);
  }, ten);
  seen += lines.length;
  return lines;
}
/** What is told of the first word, when that is usable. */
const untilUsable = () =>
  untilTold("addr replace 192.0.2.1/32 dev vip", lease("usable"), end("degraded"));

test("the address is there for good, and beside it a lease for the word, which is renewed", async () => {
  await say(0);
  start();
  await untilUsable();
  await untilTold(lease("usable"), lease("usable"));
  expect(await readFile(join(folder, "asked"), "utf8")).toMatch(/^-q 192\.0\.2\.1:80$/m);
  await say(1);
  await untilTold(lease("degraded"), end("usable"));
});

test("nobody ends the lease at once; unknown lets it run out", async () => {
  await say(0);
  start();
  await untilUsable();
  await say(3);
  const asked = async () => (await readFile(join(folder, "asked"), "utf8")).split("\n").length;
  await vi.waitFor(async () => {
    seen += (await told()).length;
    const before = await asked();
    await expect.poll(asked).toBeGreaterThan(before + 2);
    expect(await told()).toEqual([]);
  }, ten);
  await say(2);
  expect((await untilTold(end("usable"), end("degraded"))).slice(-2)).toEqual(
    ["usable", "degraded"].map(end),
  );
});

test("without a file of health, which a stop takes away, it is not announced at all until there is one", async () => {
  await say(3);
  await rm(join(folder, "ldirectord.health"));
  start();
  const taken = ["vip", "usable", "degraded"].map(end);
  await untilTold(...taken);
  await say(0);
  expect((await untilUsable())[0]).toBe("addr replace 192.0.2.1/32 dev vip");
  await say(3);
  expect((await untilTold(...taken)).slice(-3)).toEqual(taken);
});

test("told to stop, it takes back what is best first, and the address itself last", async () => {
  await say(0);
  const running = start();
  await untilUsable();
  running.kill("SIGTERM");
  const [code] = (await once(running, "close")) as [number];
  expect(code).toBe(0);
  const lines = (await told()).filter((line) => line !== lease("usable"));
  expect(lines).toEqual(["usable", "degraded", "vip"].map(end));
});
