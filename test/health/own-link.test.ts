import { expect, test } from "vitest";
import { down, up } from "../../checks/check.ts";
import { believable, OwnLinks } from "../../src/health/own-link.ts";
import type { Outcome } from "../../src/health/runner.ts";
import { withoutDescriptors } from "../fakes/no-descriptors.ts";

const verdict = (said: ReturnType<typeof up>): Outcome => ({
  kind: "verdict",
  verdict: said,
  durationMs: 1,
});
const cableOut = async () => "the cable is out";

test.for(["timeout", "unreachable"] as const)(
  "%s with our own link down is no verdict",
  async (reason) => {
    const outcome = verdict(down(reason, "no answer within 3 s"));
    expect(await believable(outcome, "10.0.0.3", 0, cableOut)).toEqual({
      kind: "local-fault",
      code: "link-down",
      detail: "10.0.0.3: no answer within 3 s; the cable is out",
    });
    expect(await believable(outcome, "10.0.0.3", 0, async () => undefined)).toBe(outcome);
    expect(await believable(outcome, "10.0.0.3", 0, undefined)).toBe(outcome);
  },
);

test("whatever the server itself has said stands, whatever the link is now", async () => {
  const refused = verdict(down("refused", "connection refused"));
  const good = verdict(up("200"));
  const cut: Outcome = { kind: "cut-short" };
  for (const outcome of [refused, good, cut]) {
    expect(await believable(outcome, "10.0.0.3", 0, cableOut)).toBe(outcome);
  }
});

test.for(["127.0.0.1", "127.0.0.9"])("there is a way to %s", async (address) => {
  const links = new OwnLinks();
  expect(await links.trouble(address, 0)).toBeUndefined();
  links.stop();
});

test("out of descriptors nobody can tell, and that is all", async () => {
  let links: OwnLinks | undefined;
  let answer: Promise<string | undefined> | undefined;
  withoutDescriptors(() => {
    links = new OwnLinks();
    answer = links.trouble("127.0.0.1", 0);
  });
  expect(await answer).toBeUndefined();
  expect(await links?.trouble("127.0.0.1", 0)).toBeUndefined();
  links?.stop();
});
