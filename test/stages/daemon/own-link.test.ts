import { execFileSync, spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const ownLink = new URL("../../../dist/src/health/blame/local-link.js", import.meta.url).href;

/** What is said of each address in a network namespace of its own, with a cable from v0 to v1: of IPv4 and of IPv6. */
function said(setup: string, addresses: readonly string[], meanwhile = ""): string {
  const cable =
    "ip link add v0 type veth peer name v1; ip addr add 10.7.0.1/24 dev v0; ip addr add fd00:7::1/64 dev v0 nodad";
  const script = `
    const { LocalLinks } = await import(${JSON.stringify(ownLink)});
    const links = new LocalLinks();
    const since = performance.now();
    ${meanwhile}
    for (const address of ${JSON.stringify(addresses)}) {
      console.log(links.trouble(address, since)?.text ?? "fine");
    }
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

const carrierGone = "our own link v0, which leads there, is down";
const noRoute = "this machine has no route there";
const refusing = (word: string) => `this machine's own route there says ${word}`;
const route = (word: string) =>
  `ip route add ${word} 10.7.0.2/32; ip route add ${word} fd00:7::2/128`;

inNamespace.for<[name: string, setup: string, host: string, said: string]>([
  ["all is up", "ip link set lo up", "2", "fine"],
  ["the other end is gone", "ip link set v1 down", "2", carrierGone],
  ["it was taken down", "ip link set v0 down", "2", noRoute],
  ["our address is gone", "ip addr flush dev v0", "2", noRoute],
  ["a route that says unreachable", route("unreachable"), "2", refusing("unreachable")],
  ["a route that says blackhole", route("blackhole"), "2", refusing("blackhole")],
  ["a route that says prohibit", route("prohibit"), "2", refusing("prohibit")],
  ["an address of our own needs no cable", "ip link set lo up; ip link set v1 down", "1", "fine"],
  [
    "the card that leads there counts, not the one that has the address",
    "ip link set lo up; ip addr add 10.5.0.1/32 dev lo; ip route replace 10.7.0.0/24 dev v0 src 10.5.0.1; ip link set v1 down",
    "2",
    carrierGone,
  ],
])("%s", ([, setup, host, expected]) => {
  const both = [`10.7.0.${host}`, `fd00:7::${host}`];
  expect(said(setup, both)).toBe(`${expected}\n${expected}`);
});

inNamespace("a route over a card that has no address of ours", () => {
  const setup = "ip addr flush dev v0; ip route add 10.7.0.0/24 dev v0";
  expect(said(setup, ["10.7.0.2"])).toBe(
    "our own link v0, which leads there, has no address of ours",
  );
});

inNamespace("the loopback was up, and is not", () => {
  expect(said("ip link set lo up; ip link set lo down", ["127.0.0.1"])).toBe(
    "our own link lo, which leads there, is down",
  );
});

inNamespace(
  "a link that was down for a while and is back: what began before that is excused, what begins now is not",
  () => {
    const away = `
    const { execFileSync } = await import("node:child_process");
    const { setTimeout: sleep } = await import("node:timers/promises");
    const code = (since) => links.trouble("10.7.0.9", since)?.code;
    execFileSync("ip", ["link", "set", "v1", "down"]);
    while (code(since) === undefined) await sleep(20);
    execFileSync("ip", ["link", "set", "v1", "up"]);
    while (code(since) === "link-down") await sleep(20);
    console.log(code(performance.now()) ?? "fine");`;
    expect(said("ip link set lo up", ["10.7.0.2"], away)).toBe(
      "fine\nour own link v0, which leads there, was down",
    );
  },
);
