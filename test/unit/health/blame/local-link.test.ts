import { expect, test, vi } from "vitest";
import { down, up } from "../../../../checks/check.ts";
import {
  excuseOwnLink,
  type LocalLink,
  LocalLinks,
  type WayTrouble,
} from "../../../../src/health/blame/local-link.ts";
import type { ProbeOutcome } from "../../../../src/health/probes/runner.ts";
import { loadLibc } from "../../../../src/native/libc.ts";
import type { Link, Way } from "../../../../src/netlink/route.ts";
import { Routes } from "../../../../src/netlink/route.ts";
import { withoutDescriptors } from "../../../support/fakes/no-descriptors.ts";

const verdict = (said: ReturnType<typeof up>): ProbeOutcome => ({
  kind: "verdict",
  verdict: said,
  durationMs: 7,
});
const localFault = (code: string): ProbeOutcome => ({
  kind: "local-fault",
  code,
  detail: "connect",
});
const cableOut: LocalLink = {
  trouble: () => ({ code: "link-down", text: "the cable is out" }),
  isOwn: () => false,
};
const fine: LocalLink = { trouble: () => undefined, isOwn: () => false };

test.for(["timeout", "unreachable"] as const)(
  "%s with our own link down is no verdict",
  (reason) => {
    const outcome = verdict(down(reason, "no answer within 3 s"));
    expect(excuseOwnLink(outcome, "10.0.0.3", 0, cableOut)).toEqual({
      kind: "local-fault",
      code: "link-down",
      detail: "10.0.0.3: the cable is out (no answer within 3 s)",
      durationMs: 7,
    });
    expect(excuseOwnLink(outcome, "10.0.0.3", 0, fine)).toBe(outcome);
    expect(excuseOwnLink(outcome, "10.0.0.3", 0, undefined)).toBe(outcome);
  },
);

test("no address to ask from is told from no port left: by what is wrong with the way", () => {
  const outcome = localFault("EADDRNOTAVAIL");
  expect(excuseOwnLink(outcome, "10.0.0.3", 0, cableOut)).toMatchObject({ code: "link-down" });
  expect(excuseOwnLink(outcome, "10.0.0.3", 0, fine)).toBe(outcome);
});

test("what the server itself has said stands, and what is ours alone, whatever the link is now", () => {
  const refused = verdict(down("refused", "connection refused"));
  const good = verdict(up("200"));
  const cut: ProbeOutcome = { kind: "cut-short" };
  for (const outcome of [refused, good, cut, localFault("EMFILE")]) {
    expect(excuseOwnLink(outcome, "10.0.0.3", 0, cableOut)).toBe(outcome);
  }
});

/** A kernel with one link; counts how often it is asked. */
class ScriptedRoutes extends Routes {
  looks = 0;
  questions = 0;
  isRunning = true;
  isClosed = false;
  way: Way | undefined = { kind: "through", link: 3, hasSource: true };
  override links(): readonly Link[] {
    this.looks++;
    return [{ index: 3, name: "eth1", isRunning: this.isRunning }];
  }
  override wayTo(): Way | undefined {
    this.questions++;
    return this.way;
  }
  override close(): void {
    this.isClosed = true;
    super.close();
  }
}

function scripted() {
  const libc = loadLibc();
  if (libc === undefined) throw new Error("no libc");
  const routes = new ScriptedRoutes(libc);
  const time = { now: 0 };
  return { routes, time, links: new LocalLinks(() => time.now, routes) };
}

test("thousands of silences in one moment are one look, and one question a server", () => {
  const { routes, time, links } = scripted();
  time.now = 1000;
  for (let i = 0; i < 5000; i++) links.trouble(`10.0.0.${i % 200}`, 0);
  expect(routes.looks).toBe(2); // the first at its making
  expect(routes.questions).toBe(200);
  links.stop();
});

test("a link that is back excuses what began before that, and nothing later", () => {
  const { routes, time, links } = scripted();
  time.now = 1000;
  routes.isRunning = false;
  expect(links.trouble("10.0.0.3", 900)).toEqual({
    code: "link-down",
    text: "our own link eth1, which leads there, is down",
  });
  time.now = 2000;
  routes.isRunning = true;
  expect(links.trouble("10.0.0.3", 900)?.code).toBe("link-was-down");
  expect(links.trouble("10.0.0.3", 1500)).toBeUndefined();
  links.stop();
});

const refuses = "this machine's own route there says";
const name = "our own link eth1, which leads there,";
test.for<[name: string, way: Way | undefined, isRunning: boolean, told: WayTrouble | undefined]>([
  ["a way that is well", { kind: "through", link: 3, hasSource: true }, true, undefined],
  ["a way that can not be asked for", undefined, false, undefined],
  ["a link that nobody knows", { kind: "through", link: 9, hasSource: false }, false, undefined],
  ["an address of our own", { kind: "own", link: 3 }, true, undefined],
  [
    "no address to ask from",
    { kind: "through", link: 3, hasSource: false },
    true,
    { code: "no-address", text: `${name} has no address of ours` },
  ],
  [
    "a link that is down, whatever its addresses",
    { kind: "through", link: 3, hasSource: false },
    false,
    { code: "link-down", text: `${name} is down` },
  ],
  [
    "a route that says prohibit",
    { kind: "none", errno: "EACCES" },
    true,
    { code: "EACCES", text: `${refuses} prohibit` },
  ],
  [
    "a refusal that has no name",
    { kind: "none", errno: "ENETDOWN" },
    true,
    { code: "ENETDOWN", text: "ENETDOWN" },
  ],
])("%s", ([, way, isRunning, told]) => {
  const { routes, time, links } = scripted();
  Object.assign(routes, { way, isRunning });
  time.now = 1000;
  expect(links.trouble("10.0.0.3", 1001)).toEqual(told);
  expect(links.isOwn("10.0.0.3")).toBe(way?.kind === "own");
  links.stop();
});

test("an address of our own over a link that was down is reached all the same", () => {
  const { routes, time, links } = scripted();
  Object.assign(routes, { way: { kind: "own", link: 3 }, isRunning: false });
  time.now = 1000;
  links.trouble("10.0.0.3", 0);
  routes.isRunning = true;
  time.now = 2000;
  expect(links.trouble("10.0.0.3", 0)).toBeUndefined();
  links.stop();
});

test("a link that was down when the probe began, and is back, is its excuse", () => {
  const { routes, time, links } = scripted();
  routes.isRunning = false;
  time.now = 1000;
  links.trouble("10.0.0.3", 1000);
  routes.isRunning = true;
  time.now = 2000;
  expect(links.trouble("10.0.0.3", 1000)?.code).toBe("link-was-down");
  links.stop();
});

test("a look is fresh for a quarter of a second", () => {
  const { routes, time, links } = scripted();
  time.now = 249;
  links.trouble("10.0.0.3", 0);
  expect(routes.looks).toBe(1);
  time.now = 250;
  links.trouble("10.0.0.3", 0);
  expect([routes.looks, routes.questions]).toEqual([2, 2]);
  links.stop();
});

test("what is no address has no way", () => {
  const { routes, links } = scripted();
  expect(links.trouble("web1.example", 0)).toBeUndefined();
  expect(routes.questions).toBe(0);
  links.stop();
});

test("the links are looked at twice a second, until stopped: a loss between two probes is seen", () => {
  vi.useFakeTimers();
  const { routes, time, links } = scripted();
  routes.isRunning = false;
  time.now = 500;
  vi.advanceTimersByTime(500);
  routes.isRunning = true;
  time.now = 2000;
  expect(links.trouble("10.0.0.3", 400)?.code).toBe("link-was-down");
  links.stop();
  expect(vi.getTimerCount()).toBe(0);
  expect(routes.isClosed).toBe(true);
  vi.useRealTimers();
});

test("to look at the links keeps no program running", () => {
  const timers = () => process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;
  const before = timers();
  const { links } = scripted();
  expect(timers()).toBe(before);
  links.stop();
});

test.for(["127.0.0.1", "127.0.0.9", "::1"])(
  "there is a way to %s, and it is our own",
  (address) => {
    const links = new LocalLinks();
    expect(links.trouble(address, 0)).toBeUndefined();
    expect(links.isOwn(address)).toBe(true);
    links.stop();
  },
);

test("when all descriptors are gone, the way can still be asked for", () => {
  const links = new LocalLinks(() => 0);
  withoutDescriptors(() => {
    // 192.0.2.0/24 is nobody's (RFC 5737): no address of ours.
    expect(links.isOwn("192.0.2.1")).toBe(false);
    expect(links.trouble("127.0.0.1", 0)).toBeUndefined();
  });
  links.stop();
});

test("opened without descriptors it can tell nothing, and that is all", () => {
  let links: LocalLinks | undefined;
  withoutDescriptors(() => {
    links = new LocalLinks();
  });
  expect(links?.trouble("10.0.0.3", 0)).toBeUndefined();
  expect([links?.isOwn("127.0.0.1"), links?.isOwn("10.0.0.3")]).toEqual([true, false]);
  links?.stop();
});
