import { expect, test } from "vitest";
import type { ServiceKey, VirtualService } from "../../../src/model/virtual-service.ts";
import {
  createFallbackCommands,
  fallbackCommandLine,
} from "../../../src/programs/fallback-command.ts";
import type { Command, CommandRunner } from "../../../src/programs/runner.ts";
import { mark, tcp } from "../../support/builders.ts";

const service = (key: ServiceKey) =>
  ({ key, fallbackCommand: "/bin/sorry -x" }) as unknown as VirtualService;

test.for<[key: ServiceKey, line: string]>([
  [tcp("10.0.0.1:80"), "/bin/sorry -x start 10.0.0.1:80 tcp"],
  [tcp("[fd00::2]:80"), "/bin/sorry -x start [fd00::2]:80 tcp"],
  [mark(5), "/bin/sorry -x start :0 fwm"],
  [mark(5, 6), "/bin/sorry -x start :0 fwm"],
])("%o", ([key, line]) => {
  expect(fallbackCommandLine("/bin/sorry -x", "start", { key })).toBe(line);
});

/** Ends a command when told to. */
function slowRunner() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const runner: Pick<CommandRunner, "run"> = {
    run: ({ command }: Command) => {
      begun.push(command.kind === "shell" ? command.line.split(" ").slice(2, 4).join(" ") : "?");
      return new Promise((resolve) => ends.push(() => resolve(true)));
    },
  };
  const endOne = async () => {
    ends.shift()?.();
    await new Promise(setImmediate);
  };
  return { runner, begun, endOne };
}

test("one service never runs two at once; another is not held up by it", async () => {
  const { runner, begun, endOne } = slowRunner();
  const { say } = createFallbackCommands(runner);
  say(service(tcp("10.0.0.1:80")), "start");
  say(service(tcp("10.0.0.1:80")), "stop");
  say(service(tcp("10.0.0.2:80")), "start");
  expect(begun).toEqual(["start 10.0.0.1:80", "start 10.0.0.2:80"]);
  await endOne();
  expect(begun).toEqual(["start 10.0.0.1:80", "start 10.0.0.2:80", "stop 10.0.0.1:80"]);
});

test("changes of mind during one command come down to the last word", async () => {
  const { runner, begun, endOne } = slowRunner();
  const { say } = createFallbackCommands(runner);
  for (const word of ["start", "stop", "start", "stop", "start"] as const) {
    say(service(tcp("10.0.0.1:80")), word);
  }
  await endOne();
  expect(begun).toEqual(["start 10.0.0.1:80"]);

  say(service(tcp("10.0.0.1:80")), "stop");
  expect(begun).toEqual(["start 10.0.0.1:80", "stop 10.0.0.1:80"]);
});

test("a service without the directive runs nothing", () => {
  const { runner, begun } = slowRunner();
  createFallbackCommands(runner).say({ key: tcp("10.0.0.1:80") } as VirtualService, "start");
  expect(begun).toEqual([]);
});

test("who leaves says stop where the last word was start, and nowhere else", async () => {
  const { runner, begun } = slowRunner();
  const { say, leave } = createFallbackCommands(runner);
  const [down, back, never] = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"].map((it) =>
    service(tcp(it)),
  );
  if (!down || !back || !never) throw new Error("three services");
  say(down, "start");
  say(back, "stop");
  begun.length = 0;
  leave([back, never]);
  expect(begun).toEqual([]);
});
