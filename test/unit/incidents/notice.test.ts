import fc from "fast-check";
import { expect, test } from "vitest";
import { Book } from "../../../src/incidents/book.ts";
import { letterOf } from "../../../src/incidents/deliver/letter.ts";
import { noticeOf, testNotice } from "../../../src/incidents/notice-of.ts";
import { networkOf } from "../../../src/incidents/shares.ts";
import type { Trouble } from "../../../src/incidents/trouble.ts";
import { linesOf } from "../../../src/incidents/wording.ts";
import { emptied, rules, server } from "./builders.ts";

const teller = { alert: "ops", director: "lb1", instance: "ldirectord" };
function opened(troubles: readonly Trouble[]) {
  const book = new Book({ ...rules, waitMs: 0 });
  for (const trouble of troubles) book.failed(trouble, 0);
  const [told] = book.tell(0);
  if (told === undefined) throw new Error("nothing was told");
  return noticeOf(told, teller, 0);
}
const host = (services: number) =>
  Array.from({ length: services }, (_, i) => server("10.1.2.3", `tcp:10.0.0.${i}:80`, 8000 + i));
const rack = (size: number, network = "10.1.2") =>
  Array.from({ length: size }, (_, i) => server(`${network}.${i + 1}`));

test.for<[troubles: Trouble[], title: string]>([
  [rack(1), "Down: 10.1.2.1:80 (10.0.0.1:80): refused: connection refused"],
  [host(4), "Down: 4 real servers on 10.1.2.3, in 4 virtual services"],
  [rack(40), "Down: 40 real servers in 10.1.2.0/24 (10.0.0.1:80)"],
  [[...rack(3), ...rack(4, "10.1.3")], "Down: 7 real servers in 2 networks (10.0.0.1:80)"],
  [
    [...rack(2), emptied()],
    "Down: 2 real servers in 10.1.2.0/24 (10.0.0.1:80); 10.0.0.1:80 has no server left",
  ],
  [
    [...host(2), emptied("tcp:10.0.0.0:80"), emptied("tcp:10.0.0.1:80")],
    "Down: 2 real servers on 10.1.2.3, in 2 virtual services; 2 virtual services have no server left",
  ],
])("%#: what they share is in the title", ([troubles, title]) => {
  expect(opened(troubles).title).toBe(title);
});

test("a rack is about a /24, or a /64", () => {
  expect(["10.1.2.3", "2001:db8:0:1:2::3"].map(networkOf)).toEqual([
    "10.1.2.0/24",
    "2001:db8:0:1::/64",
  ]);
});

test("what is told is bounded, however much fails and whatever its servers say", () => {
  const long = { ...server("10.1.2.1"), reason: `\u001b[31m${"x".repeat(100_000)}\nBcc: all` };
  const many = Array.from({ length: 5_000 }, (_, i) =>
    server(`10.1.${i >> 8}.${i & 255}`, `tcp:10.0.0.1:${i}`),
  );
  for (const notice of [opened([long]), opened(many)]) {
    expect(JSON.stringify(notice).length).toBeLessThan(8_000);
    expect(linesOf(notice).length).toBeLessThan(60);
  }
  const mail = letterOf(
    [opened([long])],
    { recipients: "ops@example.org" },
    { hostname: "lb1", user: "root", at: 0, id: "1" },
  );
  expect(mail.message).not.toMatch(/^Bcc/m);
  expect(mail.message).not.toContain("\u001b");
});

test("of a large failure the first are named, and the others counted", () => {
  const { members, moreMembers, troubles } = opened(rack(40));
  expect([members.length, moreMembers, troubles]).toEqual([20, 20, 40]);
});

test("a mail of several says how many of each, and lists them", () => {
  const notices = (["opened", "closed", "closed"] as const).map((event) => ({
    ...testNotice(teller, 0),
    event,
  }));
  const origin = { hostname: "lb1", user: "root", at: 0, id: "1" };
  const letter = (more: object) => letterOf(notices, { recipients: "a@b, c@d", ...more }, origin);
  const { message, envelope } = letter({});
  expect(message).toContain("\nSubject: Too many for a mail each: 1 opened, 2 closed\n");
  expect(message.match(/^Test of \[alert ops\]/gm)).toHaveLength(3);
  expect(envelope).toEqual({ from: "root@lb1", to: ["a@b", "c@d"] });
  const digest = { cron: "0 8 * * *", place: { line: 1, column: 1 } };
  expect(letter({ digest }).message).toContain("\nSubject: Digest: 1 opened, 2 closed\n");
});

test("a pattern fits as a glob does", async () => {
  const { fits } = await import("../../../src/incidents/alert.ts");
  const text = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 }),
      text,
      (name, glob) => {
        expect(fits(name, glob)).toBe(new RegExp(`^${glob.replaceAll("*", ".*")}$`).test(name));
      },
    ),
  );
});
