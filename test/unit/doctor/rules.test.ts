import { expect, test } from "vitest";
import { examine } from "../../../src/doctor/examine.ts";
import type { Facts } from "../../../src/doctor/facts.ts";
import { err, ok } from "../../../src/model/result.ts";
import { mark, realServer, virtualService } from "../../support/builders.ts";
import { facts, link, loopback, own, service, sysctls, through, vip, ways } from "./facts.ts";

/** Ids of what is told: `id` of what is wrong, `id?` of what was not seen; what is fine is left out. */
function told(of: Facts): string[] {
  const { findings, unseen } = examine(of);
  return [
    ...findings.flatMap(({ id, severity }) => (severity === "fine" ? [] : [id])),
    ...unseen.map(({ id }) => `${id}?`),
  ];
}

const settled = {
  "net.ipv4.vs.expire_nodest_conn": "1",
  "net.ipv4.vs.conn_reuse_mode": "1",
  "net.ipv4.vs.conntrack": "0",
  "net.ipv4.ip_forward": "1",
  "net.ipv4.conf.eth1.forwarding": "1",
};
const set = (more: Readonly<Record<string, string>> = {}) => sysctls({ ...settled, ...more });
const behind = { ...ways({ [vip]: own, "10.0.0.11": own }), ...set() };
const quiet = ok([
  loopback(),
  link("tunl0", [`${vip}/32`], { asksByArp: false }),
  link("eth0", ["192.0.2.11/24"]),
]);
const silent = { "net.ipv4.conf.all.arp_ignore": "1", "net.ipv4.conf.all.arp_announce": "2" };
const masq = service("masq");
const claim = (...knownAs: string[]): Pick<Facts, "claims"> => ({
  claims: ok(new Map([[vip, [{ device: "eth0", mac: "02:00:00:00:00:99", knownAs }]]])),
});

test.for<[name: string, of: Facts, told: readonly string[]]>([
  ["a right director", facts(service("gate"), set()), ["arp-announce?"]],
  ["a right director of masq", facts(masq, set()), ["masq-return?"]],
  [
    "no ip_vs",
    facts(service("gate"), {
      ...set(),
      modules: { present: new Set(["ip_vs_wrr"]), loadable: err("") },
    }),
    ["ip-vs", "arp-announce?"],
  ],
  [
    "a scheduler that cannot be known",
    facts(service("gate", { scheduler: "mh" }), set()),
    ["scheduler?", "arp-announce?"],
  ],
  [
    "a scheduler that is no module",
    facts(service("gate", { scheduler: "mh" }), {
      ...set(),
      modules: { present: new Set(["ip_vs"]), loadable: ok(new Set(["ip_vs_rr"])) },
    }),
    ["scheduler", "arp-announce?"],
  ],
  [
    "the virtual address is elsewhere",
    facts(service("gate"), { ...set(), ...ways({ [vip]: through("eth0") }) }),
    ["vip-missing", "arp-announce?"],
  ],
  [
    "a stranger has it, too",
    facts(service("gate"), { ...set(), ...claim() }),
    ["vip-twice", "arp-announce?"],
  ],
  [
    "its real server answers for it",
    facts(service("gate"), { ...set(), ...claim("10.0.0.11") }),
    ["real-answers-arp", "arp-announce?"],
  ],
  [
    "one of masq that has it is a stranger",
    facts(masq, { ...set(), ...claim("10.0.0.11") }),
    ["vip-twice", "masq-return?"],
  ],
  [
    "nobody may ask",
    facts(masq, { ...set(), claims: err("EPERM") }),
    ["vip-twice?", "masq-return?"],
  ],
  [
    "nothing is forwarded",
    facts(masq, set({ "net.ipv4.ip_forward": "0" })),
    ["ip-forward", "masq-return?"],
  ],
  [
    "one link forwards nothing",
    facts(masq, set({ "net.ipv4.conf.eth1.forwarding": "0" })),
    ["ip-forward", "masq-return?"],
  ],
  [
    "masq among clients",
    facts(masq, {
      ...set({ "net.ipv4.conf.eth0.forwarding": "1" }),
      ...ways({ [vip]: own, "10.0.0.11": through("eth0") }),
    }),
    ["masq-return"],
  ],
  [
    "FULLNAT",
    facts(masq, {
      ...set({ "net.ipv4.vs.conntrack": "1" }),
      firewall: ok({ rewrites: [{ isForIpvs: true }], asksForState: false }),
    }),
    [],
  ],
  [
    "masq among clients, and the firewall is root's to read",
    facts(masq, {
      ...set({ "net.ipv4.conf.eth0.forwarding": "1" }),
      ...ways({ [vip]: own, "10.0.0.11": through("eth0") }),
      firewall: err("root"),
    }),
    ["masq-return?", "full-nat-conntrack?", "conntrack?"],
  ],
  [
    "a rule that rewrites who leaves towards the real servers",
    facts(masq, {
      ...set({ "net.ipv4.vs.conntrack": "1" }),
      firewall: ok({ rewrites: [{ isForIpvs: false, device: "eth+" }], asksForState: false }),
    }),
    [],
  ],
  [
    "a rule that lets the real servers out, and is none for clients",
    facts(masq, {
      ...set({ "net.ipv4.vs.conntrack": "1" }),
      firewall: ok({ rewrites: [{ isForIpvs: false, device: "eth0" }], asksForState: false }),
    }),
    ["masq-return?"],
  ],
  [
    "the same, and nothing is tracked",
    facts(masq, {
      ...set(),
      firewall: ok({ rewrites: [{ isForIpvs: false, device: "eth0" }], asksForState: false }),
    }),
    ["masq-return?"],
  ],
  [
    "FULLNAT without conntrack",
    facts(masq, {
      ...set(),
      firewall: ok({ rewrites: [{ isForIpvs: true }], asksForState: true }),
    }),
    ["full-nat-conntrack", "masq-return?"],
  ],
  [
    "states without conntrack",
    facts(masq, { ...set(), firewall: ok({ rewrites: [], asksForState: true }) }),
    ["conntrack", "masq-return?"],
  ],
  [
    "a firewall that is root's to read",
    facts(masq, { ...set(), firewall: err("root") }),
    ["masq-return?", "full-nat-conntrack?", "conntrack?"],
  ],
  [
    "masq on this host itself",
    facts(masq, { ...set(), ...ways({ [vip]: own, "10.0.0.11": own }) }),
    [],
  ],
  [
    "a tunnel as wide as the way in",
    facts(service("ipip"), set()),
    ["tunnel-mtu", "arp-announce?", "tunnel-device?"],
  ],
  [
    "a wider one",
    facts(service("ipip"), {
      ...set(),
      ...ways({ [vip]: own, "10.0.0.11": through("eth1", 1520) }),
    }),
    ["arp-announce?", "tunnel-device?"],
  ],
  ["a right real server", facts(service("gate"), { ...behind, ...set(silent), links: quiet }), []],
  [
    "a real server that answers",
    facts(service("gate"), {
      ...behind,
      ...set({ ...silent, "net.ipv4.conf.all.arp_ignore": "0" }),
      links: quiet,
    }),
    ["arp-ignore"],
  ],
  [
    "the link's own setting counts, too",
    facts(service("gate"), {
      ...behind,
      ...set({
        ...silent,
        "net.ipv4.conf.all.arp_ignore": "0",
        "net.ipv4.conf.eth0.arp_ignore": "1",
      }),
      links: quiet,
    }),
    [],
  ],
  [
    "a real server that asks in its name",
    facts(service("gate"), {
      ...behind,
      ...set({ ...silent, "net.ipv4.conf.all.arp_announce": "1" }),
      links: quiet,
    }),
    ["arp-announce"],
  ],
  [
    "a tunnel's end that is strict",
    facts(service("ipip"), {
      ...behind,
      ...set({ ...silent, "net.ipv4.conf.tunl0.rp_filter": "1" }),
      links: quiet,
    }),
    ["rp-filter"],
  ],
  [
    "a tunnel's end that is loose",
    facts(service("ipip"), {
      ...behind,
      ...set({ ...silent, "net.ipv4.conf.tunl0.rp_filter": "2" }),
      links: quiet,
    }),
    [],
  ],
  [
    "no tunnel's end",
    facts(service("ipip"), {
      ...behind,
      ...set(silent),
      links: ok([loopback(`${vip}/32`), link("eth0", ["192.0.2.11/24"])]),
    }),
    ["tunnel-device"],
  ],
  [
    "a director that has the address on its loopback, too",
    facts(service("gate"), {
      ...behind,
      links: ok([loopback(`${vip}/32`), link("eth0", ["192.0.2.11/24", `${vip}/32`])]),
    }),
    [],
  ],
  [
    "an address of a network that no link has",
    facts(service("gate"), {
      ...set(),
      links: ok([loopback(`${vip}/32`), link("eth0", ["192.0.2.200/25"])]),
      claims: ok(new Map()),
    }),
    ["vip-twice?", "real-answers-arp?", "arp-announce?"],
  ],
  [
    "an address that a route makes ours",
    facts(service("gate"), { ...set(), links: ok([link("eth0", ["192.0.2.9/24"])]) }),
    ["arp-announce?"],
  ],
  [
    "a service on the director itself needs no silence",
    facts(service("gate"), { ...behind, ...set() }),
    [],
  ],
  [
    "connections that stay",
    facts(masq, set({ "net.ipv4.vs.expire_nodest_conn": "0" })),
    ["expire-nodest-conn", "masq-return?"],
  ],
  [
    "connections that stay, for the other director goes on with them",
    facts(masq, {
      ...set({
        "net.ipv4.vs.expire_nodest_conn": "0",
        "net.ipv4.vs.sync_threshold": "0\t0",
        "net.ipv4.vs.sync_refresh_period": "10",
      }),
      ini: { sync: { start: { word: "both", place: { line: 1, column: 1 } } } },
      syncDaemons: err("EPERM"),
    }),
    ["masq-return?", "sync-daemon?"],
  ],
  [
    "quiescent, and nobody is persistent",
    facts(service("gate", { isQuiescent: true }), set()),
    ["arp-announce?"],
  ],
  [
    "quiescent and persistent",
    facts(
      service("gate", { isQuiescent: true, persistence: { timeoutSec: 300 } }),
      set({ "net.ipv4.vs.expire_quiescent_template": "0" }),
    ),
    ["expire-quiescent-template", "arp-announce?"],
  ],
  [
    "ports that come again",
    facts(masq, set({ "net.ipv4.vs.conn_reuse_mode": "0" })),
    ["conn-reuse-mode", "masq-return?"],
  ],
  [
    "few open files",
    facts(masq, { ...set(), openFiles: { limit: 130, of: "the daemon" } }),
    ["open-files", "masq-return?"],
  ],
  [
    "a clock that nobody keeps",
    facts(masq, { ...set(), clock: { now: Date.UTC(2026, 1), isSynchronised: ok(false) } }),
    ["clock", "masq-return?"],
  ],
  [
    "a clock of another time",
    facts(masq, { ...set(), clock: { now: 0, isSynchronised: ok(true) } }),
    ["year", "masq-return?"],
  ],
  [
    "no links to be seen",
    facts(service("gate"), {
      ...set(),
      links: err("no netlink"),
      ways: err("no netlink"),
      claims: err("no netlink"),
    }),
    ["vip-missing?", "tunnel-mtu?", "arp-announce?"],
  ],
  [
    "a firewall mark has no address",
    facts(virtualService(mark(5), [realServer("10.0.0.11:80")]), {
      ...set(),
      claims: ok(new Map()),
    }),
    ["arp-announce?"],
  ],
])("%s", ([, of, expected]) => {
  expect(told(of)).toEqual(expected);
});

test("what is wrong comes first, with whom it hurts and what mends it", () => {
  const { findings } = examine(facts(masq, set({ "net.ipv4.ip_forward": "0" })));
  expect(findings[0]).toEqual({
    id: "ip-forward",
    severity: "fault",
    what: "net.ipv4.ip_forward is 0",
    why: expect.stringContaining("answers"),
    mend: { commands: ["sysctl -w net.ipv4.ip_forward=1"] },
  });
  expect(findings.filter(({ severity }) => severity === "fine").length).toBeGreaterThan(5);
});

test.for<[name: string, of: Facts, command: string]>([
  [
    "a director's on the link of its network",
    facts(service("gate"), { links: ok([link("bond0", ["192.0.2.9/25"])]), ...ways({}) }),
    `ip addr add ${vip}/32 dev bond0`,
  ],
  [
    "a real server's where nobody asks for it",
    facts(service("gate"), {
      links: ok([link("eth0", ["192.0.2.11/24"])]),
      ...ways({ "10.0.0.11": own }),
    }),
    `ip addr add ${vip}/32 dev lo  # as its real server; as its director: dev eth0`,
  ],
  [
    "one that is there on a link that is down",
    facts(service("gate"), {
      links: ok([link("eth0", [`${vip}/32`], { isUp: false })]),
      ...ways({ [vip]: own }),
    }),
    "ip link set eth0 up",
  ],
])("an address that is missing: %s", ([, of, command]) => {
  const found = examine(of).findings.find(({ id }) => id === "vip-missing");
  expect(found?.mend?.commands).toEqual([command]);
});

test("FULLNAT's rule is one for each family", () => {
  const reals = ["10.0.0.11:80", "[fd00::11]:80"].map((text) =>
    realServer(text, { forwarding: "masq" }),
  );
  const virtual = { ...masq, reals };
  const found = examine(
    facts(virtual, ways({ [vip]: own, "10.0.0.11": through("eth0"), "fd00::11": through("eth0") })),
  ).findings.find(({ id }) => id === "masq-return");
  expect(found?.mend?.commands).toEqual([
    "sysctl -w net.ipv4.vs.conntrack=1",
    "iptables -t nat -A POSTROUTING -m ipvs --vmethod masq -j MASQUERADE",
    "ip6tables -t nat -A POSTROUTING -m ipvs --vmethod masq -j MASQUERADE",
  ]);
});
