import { expect, test } from "vitest";
import type { Command, CommandRunner } from "../../../src/programs/runner.ts";
import type { HealthWord, ServiceHealth } from "../../../src/word/health-word.ts";
import { createHealthHook } from "../../../src/word/hook.ts";
import { tcp } from "../../support/builders.ts";

const settings = { command: "/etc/ha.d/hook", timeoutSec: 7 };

/** Commands end when the test says so. */
function setUp() {
  const begun: Command[] = [];
  const ends: (() => void)[] = [];
  const runner: CommandRunner = {
    run: (command) => {
      begun.push(command);
      return new Promise((resolve) => ends.push(() => resolve(true)));
    },
    ask: () => Promise.reject(new Error("its answer is not wanted")),
    idle: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
  const hook = createHealthHook(runner);
  hook.follow(settings);
  const say = (word: HealthWord, port = 80, up = 1): void => {
    const key = tcp(`10.0.0.1:${port}`);
    const service: ServiceHealth = { id: `tcp:10.0.0.1:${port}`, key, word, up, of: 3 };
    hook.say(service);
  };
  /** `80 usable` */
  const told = () =>
    begun.map(({ command }) =>
      command.kind === "program"
        ? `${command.argv[1]?.replace(/.*:/, "")} ${command.argv[2]}`
        : "a shell",
    );
  const endOne = async () => {
    ends.shift()?.();
    await new Promise(setImmediate);
  };
  return { begun, hook, say, told, endOne };
}

test("it gets the service, the word, how many of how many, and the protocol", () => {
  const { begun, say } = setUp();
  say("usable", 80, 2);
  expect(begun).toEqual([
    {
      command: {
        kind: "program",
        argv: ["/etc/ha.d/hook", "10.0.0.1:80", "usable", "2", "3", "tcp"],
      },
      timeoutSec: 7,
    },
  ]);
});

test("the first word that is known is told, and then each other one", async () => {
  const { say, told, endOne } = setUp();
  say("unknown");
  expect(told()).toEqual([]);
  for (const word of ["usable", "usable", "degraded", "unknown", "unknown", "nobody"] as const) {
    say(word);
    await endOne();
  }
  expect(told()).toEqual(["80 usable", "80 degraded", "80 unknown", "80 nobody"]);
});

test("one that hangs holds up its own service alone, and the newest word wins", async () => {
  const { say, told, endOne } = setUp();
  say("usable");
  say("degraded");
  say("nobody");
  say("nobody", 443);
  expect(told()).toEqual(["80 usable", "443 nobody"]);
  await endOne();
  expect(told()).toEqual(["80 usable", "443 nobody", "80 nobody"]);
});

test("a word that has come back by then is not told again", async () => {
  const { say, told, endOne } = setUp();
  say("usable");
  say("nobody");
  say("usable");
  await endOne();
  expect(told()).toEqual(["80 usable"]);
  say("nobody");
  expect(told()).toEqual(["80 usable", "80 nobody"]);
});

test("another program is told each word anew; without one nothing is run", async () => {
  const { hook, say, told, endOne } = setUp();
  say("usable");
  await endOne();
  hook.follow({ ...settings, timeoutSec: 9 });
  say("usable");
  expect(told()).toHaveLength(1);
  hook.follow({ ...settings, command: "/etc/ha.d/other" });
  say("usable");
  await endOne();
  expect(told()).toEqual(["80 usable", "80 usable"]);
  hook.follow(undefined);
  say("nobody");
  expect(told()).toHaveLength(2);
});

test("it is idle when what waited is told, too", async () => {
  const { hook, say, told, endOne } = setUp();
  say("usable");
  say("nobody");
  let isIdle = false;
  void hook.idle().then(() => {
    isIdle = true;
  });
  await endOne();
  expect([isIdle, told()]).toEqual([false, ["80 usable", "80 nobody"]]);
  await endOne();
  expect(isIdle).toBe(true);
});
