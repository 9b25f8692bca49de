import { expect, onTestFinished, test } from "vitest";
import { createOutside } from "../../../src/daemon/outside.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";

test("commands that hang hold up none of another kind", async () => {
  const { commands } = createOutside(memoryLog());
  onTestFinished(async () => {
    await Promise.all(Object.values(commands).map((runner) => runner.stop(0)));
  });
  const shell = (line: string) => ({ command: { kind: "shell", line }, timeoutSec: 30 }) as const;
  for (let i = 0; i < 100; i++) void commands.fallback.run(shell("exec sleep 600"));
  for (let i = 0; i < 3; i++) void commands.role.ask(shell("exec sleep 600"));
  expect(await commands.callback.run(shell("true"))).toBe(true);
  expect(await commands.mail.run(shell("true"))).toBe(true);
  expect(await commands.instances.run(shell("true"))).toBe(true);
});
