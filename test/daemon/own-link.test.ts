import { execFileSync, spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const ownLink = new URL("../../dist/src/health/own-link.js", import.meta.url).href;

/** What is said of `address` in a network namespace of its own, with a cable from v0 to v1. */
function said(setup: string, address: string, meanwhile = ""): string {
  const cable = "ip link add v0 type veth peer name v1; ip addr add 10.7.0.1/24 dev v0";
  const script = `
    const { OwnLinks } = await import(${JSON.stringify(ownLink)});
    const links = new OwnLinks();
    const since = performance.now();
    ${meanwhile}
    console.log((await links.trouble(${JSON.stringify(address)}, since)) ?? "fine");
    links.stop();`;
  return execFileSync(
    "unshare",
    [
      ...["--net", "sh", "-ec"],
      `${cable}; ip link set v0 up; ip link set v1 up; ${setup}; exec "$0" --input-type=module --eval "$1"`,
      ...[process.execPath, script],
    ],
    { encoding: "utf8", timeout: 10_000 },
  ).trim();
}

const canMakeNamespaces = spawnSync("unshare", ["--net", "ip", "link"]).status === 0;
if (!canMakeNamespaces) {
  process.stderr.write(
    "own-link skipped: no network namespace may be made here (root, unshare, ip)\n",
  );
}
const inNamespace = test.skipIf(!canMakeNamespaces);

inNamespace.for<[name: string, setup: string, address: string, said: string]>([
  ["all is up", "ip link set lo up", "10.7.0.2", "fine"],
  [
    "the other end is gone",
    "ip link set v1 down",
    "10.7.0.2",
    "the interface of 10.7.0.1, which leads there, is down",
  ],
  ["it was taken down", "ip link set v0 down", "10.7.0.2", "this machine has no route to it"],
  [
    "the loopback was up, and is not",
    "ip link set lo up; ip link set lo down",
    "127.0.0.1",
    "the interface of 127.0.0.1, which leads there, is down",
  ],
  [
    "an address of our own needs no cable",
    "ip link set lo up; ip link set v1 down",
    "10.7.0.1",
    "fine",
  ],
])("%s", ([, setup, address, expected]) => {
  expect(said(setup, address)).toBe(expected);
});

inNamespace(
  "a link that was down for a while and is back: what began before that is excused, what begins now is not",
  () => {
    const away = `
    const { execFileSync } = await import("node:child_process");
    const { setTimeout: sleep } = await import("node:timers/promises");
    execFileSync("ip", ["link", "set", "v1", "down"]);
    while ((await links.trouble("10.7.0.9", since)) === undefined) await sleep(20);
    execFileSync("ip", ["link", "set", "v1", "up"]);
    while (/ is down/.test(await links.trouble("10.7.0.9", since))) await sleep(20);
    console.log((await links.trouble("10.7.0.9", performance.now())) ?? "fine");`;
    expect(said("ip link set lo up", "10.7.0.2", away)).toBe(
      "fine\nthe interface of 10.7.0.1, which leads there, was down",
    );
  },
);
