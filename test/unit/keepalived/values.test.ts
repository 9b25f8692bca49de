import { expect, test } from "vitest";
import { range } from "../../../src/keepalived/values.ts";

const text = (...words: string[]): string => {
  const found = range(words);
  if (typeof found === "string") return found;
  return found.map(({ address, port }) => `${address}/${port}`).join(" ");
};

test.for<[words: readonly string[], addresses: string]>([
  [["10.0.0.1", "80"], "10.0.0.1/80"],
  [["10.0.0.1"], "10.0.0.1/0"],
  [["10.0.0.9-11", "80"], "10.0.0.9/80 10.0.0.10/80 10.0.0.11/80"],
  [["10.0.0.255-10.0.1.1", "80"], "10.0.0.255/80 10.0.1.0/80 10.0.1.1/80"],
  [["10.0.0.6/30"], "10.0.0.4/0 10.0.0.5/0 10.0.0.6/0 10.0.0.7/0"],
  [["fd00::9-b", "80"], "fd00::9/80 fd00::a/80 fd00::b/80"],
  [["fd00::/127"], "fd00::/0 fd00::1/0"],
  [["255.255.255.255-255"], "255.255.255.255/0"],
  [["10.0.0.9-8"], '"10.0.0.9-8" is no range of addresses'],
  [["10.0.0.9-256"], '"10.0.0.9-256" is no range of addresses'],
  [["10.0.0.9-fd00::1"], '"10.0.0.9-fd00::1" is no range of addresses'],
  [["10.0.0.0/33"], '"10.0.0.0/33" is no range of addresses'],
  [["10.0.0.0/8"], '"10.0.0.0/8" has more than 4096 addresses'],
  [["::/0"], '"::/0" has more than 4096 addresses'],
  [["web", "80"], '"web" is no address'],
  [["10.0.0.1", "65536"], '"65536" is no port'],
])("%j", ([words, addresses]) => {
  expect(text(...words)).toBe(addresses);
});
