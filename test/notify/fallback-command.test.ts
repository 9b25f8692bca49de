import { expect, test } from "vitest";
import type { ServiceKey, VirtualService } from "../../src/model/virtual-service.ts";
import type { Command, CommandRunner } from "../../src/notify/command.ts";
import { createFallbackCommands, fallbackCommandLine } from "../../src/notify/fallback-command.ts";

const tcp = (address: string): ServiceKey => ({
  kind: "address",
  protocol: "tcp",
  endpoint: { address, port: 80 },
});
const service = (key: ServiceKey) =>
  ({ key, fallbackCommand: "/bin/sorry -x" }) as unknown as VirtualService;

test.for<[key: ServiceKey, line: string]>([
  [tcp("10.0.0.1"), "/bin/sorry -x start 10.0.0.1:80 tcp"],
  [tcp("fd00::2"), "/bin/sorry -x start [fd00::2]:80 tcp"],
  [{ kind: "fwmark", family: 4, mark: 5 }, "/bin/sorry -x start :0 fwm"],
  [{ kind: "fwmark", family: 6, mark: 5 }, "/bin/sorry -x start :0 fwm"],
])("%o", ([key, line]) => {
  expect(fallbackCommandLine("/bin/sorry -x", "start", { key })).toBe(line);
});

/** Ends a command when told to. */
function slowRunner() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const runner: CommandRunner = {
    run: ({ command }: Command) => {
      begun.push(command.kind === "shell" ? command.line.split(" ").slice(2, 4).join(" ") : "?");
      return new Promise((resolve) => ends.push(() => resolve(true)));
    },
    idle: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
  const endOne = async () => {
    ends.shift()?.();
    await new Promise(setImmediate);
  };
  return { runner, begun, endOne };
}

test("one service never runs two at once; another is not held up by it", async () => {
  const { runner, begun, endOne } = slowRunner();
  const say = createFallbackCommands(runner);
  say(service(tcp("10.0.0.1")), "start");
  say(service(tcp("10.0.0.1")), "stop");
  say(service(tcp("10.0.0.2")), "start");
  expect(begun).toEqual(["start 10.0.0.1:80", "start 10.0.0.2:80"]);
  await endOne();
  expect(begun).toEqual(["start 10.0.0.1:80", "start 10.0.0.2:80", "stop 10.0.0.1:80"]);
});

test("changes of mind during one command come down to the last word", async () => {
  const { runner, begun, endOne } = slowRunner();
  const say = createFallbackCommands(runner);
  for (const word of ["start", "stop", "start", "stop", "start"] as const) {
    say(service(tcp("10.0.0.1")), word);
  }
  await endOne();
  expect(begun).toEqual(["start 10.0.0.1:80"]);

  say(service(tcp("10.0.0.1")), "stop");
  expect(begun).toEqual(["start 10.0.0.1:80", "stop 10.0.0.1:80"]);
});

test("a service without the directive runs nothing", () => {
  const { runner, begun } = slowRunner();
  createFallbackCommands(runner)({ key: tcp("10.0.0.1") } as VirtualService, "start");
  expect(begun).toEqual([]);
});
