/** `ldirectorctl doctor` on hosts that are set up right, and then wrong in one thing after the other. */
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { run } from "../../lab/command.ts";
import { example, isOriginal } from "../../lab/director.ts";
import {
  doctorIn,
  masqOnLan,
  type SetUp,
  set,
  sysctl,
  tellBreaks,
  withOwnFile,
  wrongIn,
} from "../../lab/doctor.ts";
import { Network } from "../../lab/network.ts";
import {
  directRouting,
  type Role,
  translation,
  translationIpv6,
  tunnels,
  VIP,
} from "../../lab/topologies.ts";
import { until } from "../../lab/until.ts";

/** What of the whole machine may be changed: in a kernel of its own all. */
const isOwnMachine = existsSync("/run/lab/job.sh");

const fallsShort = `advice tunnel-mtu: packets for ${VIP} may have 1500 bytes, and 1480 fit into the tunnel to 192.168.20.201, 192.168.20.202`;

const setUps: readonly SetUp[] = [
  {
    name: "direct routing",
    topology: directRouting(),
    file: example("dr.cf"),
    right: ["director", "rs1"],
    breaks: {
      "the virtual address is nowhere": {
        does: [["director", "ip", "addr", "del", `${VIP}/32`, "dev", "eth0"]],
        tells: [`fault vip-missing: ${VIP} is on no interface of this director`],
      },
      "a stranger has it, too": {
        does: [
          ["client", "ip", "link", "set", "eth0", "address", "02:00:00:00:00:37"],
          ["client", "ip", "addr", "add", `${VIP}/32`, "dev", "eth0"],
        ],
        undoes: [["client", "ip", "addr", "del", `${VIP}/32`, "dev", "eth0"]],
        tells: [`fault vip-twice: 02:00:00:00:00:37 on eth0 answers for ${VIP}, too`],
      },
      "a real server answers ARP for it": {
        does: [sysctl("rs2", "net.ipv4.conf.all.arp_ignore=0")],
        tells: [`fault real-answers-arp: 192.168.10.202 answers for ${VIP}`],
        mendedOn: "rs2",
      },
      "this real server answers ARP for it": set(
        "rs1",
        "net.ipv4.conf.all.arp_ignore=0",
        "fault arp-ignore: arp_ignore on eth0 is 0, on this real server",
      ),
      "this real server asks in its name": set(
        "rs1",
        "net.ipv4.conf.all.arp_announce=0",
        "fault arp-announce: arp_announce on eth0 is 0, on this real server",
      ),
      "connections to lost servers are kept": set(
        "director",
        "net.ipv4.vs.expire_nodest_conn=0",
        "advice expire-nodest-conn: net.ipv4.vs.expire_nodest_conn is 0",
      ),
      "ports that come again go to the old server": set(
        "director",
        "net.ipv4.vs.conn_reuse_mode=0",
        "advice conn-reuse-mode: net.ipv4.vs.conn_reuse_mode is 0",
      ),
      "too few open files": {
        does: [],
        wrapper: ["sh", "-c", 'ulimit -n 130; exec "$@"', "sh"],
        tells: [
          "advice open-files: a daemon started here may have 130 open files; 2 checks may want 134",
        ],
        undoes: [],
      },
    },
  },
  {
    name: "translation",
    topology: translation(),
    file: example("nat.cf"),
    right: ["director"],
    breaks: {
      "nothing is forwarded": set(
        "director",
        "net.ipv4.ip_forward=0",
        "fault ip-forward: net.ipv4.ip_forward is 0",
      ),
      "nothing is forwarded that comes from the real servers": set(
        "director",
        "net.ipv4.conf.eth1.forwarding=0",
        "fault ip-forward: net.ipv4.conf.eth1.forwarding is 0",
      ),
    },
  },
  {
    name: "translation of IPv6",
    topology: translationIpv6(),
    file: example("ipv6-nat.cf"),
    right: ["director"],
    breaks: {
      "nothing is forwarded": set(
        "director",
        "net.ipv6.conf.all.forwarding=0",
        "fault ip-forward: net.ipv6.conf.all.forwarding is 0",
      ),
    },
  },
  {
    name: "tunnels",
    topology: tunnels(),
    file: example("tun.cf"),
    right: ["director", "rs1"],
    advice: [fallsShort],
    breaks: {
      "the tunnel of this real server is down": {
        does: [["rs1", "ip", "link", "set", "tunl0", "down"]],
        on: "rs1",
        tells: [
          `fault vip-missing: ${VIP} is on tunl0, which is down`,
          "fault tunnel-device: tunl0 is down, on this real server",
        ],
      },
      "this real server drops what comes out of its tunnel": set(
        "rs1",
        "net.ipv4.conf.tunl0.rp_filter=1",
        "fault rp-filter: rp_filter of tunl0 is 1, on this real server",
      ),
    },
  },
];

for (const setUp of setUps) tellBreaks(setUp);

describe.skipIf(isOriginal)("a file of its own", () => {
  const { doctor } = withOwnFile();

  test("a scheduler that the kernel has not", async () => {
    const told = await doctor(masqOnLan.replace("masq", "gate").concat("\tscheduler=nosuch\n"));
    expect(wrongIn(told)).toEqual([
      expect.stringContaining("fault scheduler: tcp 192.168.10.101:80 wants scheduler nosuch"),
    ]);
  });

  test("persistence on servers of weight 0", async () => {
    const content = masqOnLan.replace("masq", "gate").replace("quiescent=no", "quiescent=yes");
    expect(wrongIn(await doctor(`${content}\tpersistent=300\n`))).toEqual([
      "advice expire-quiescent-template: net.ipv4.vs.expire_quiescent_template is 0",
    ]);
  });

  test.skipIf(!isOwnMachine)("a clock that nobody keeps, and one that is years off", async () => {
    const before = Date.now();
    await run("date", ["-u", "-s", "2001-09-09 01:46:40"]);
    const set = Date.now();
    try {
      const told = await doctor(masqOnLan.replace("masq", "gate"));
      expect(told.findings.filter(({ severity }) => severity !== "fine")).toMatchObject([
        { id: "year", severity: "fault", what: "it is 2001 here" },
        { id: "clock", severity: "advice" },
      ]);
    } finally {
      await run("date", ["-u", "-s", `@${Math.round((before + Date.now() - set) / 1000)}`]);
    }
  });
});

test.skipIf(isOriginal || !isOwnMachine)("a kernel without IPVS", async () => {
  const network = await Network.open<Role>(directRouting());
  try {
    const unload = async (): Promise<boolean> => {
      const loaded = (await run("lsmod", [])).match(/^(ip_vs_\w+|xt_ipvs)/gm) ?? [];
      await run("modprobe", ["-r", ...loaded, "ip_vs"]).catch(() => undefined);
      return !existsSync("/proc/net/ip_vs");
    };
    await until(unload, (isGone) => isGone, "the module is gone");
    const told = await doctorIn(network.host("director"), example("dr.cf"));
    expect(wrongIn(told)).toEqual(["fault ip-vs: ip_vs is not loaded"]);
    expect(told.unseen.map(({ id }) => id)).toContain("expire-nodest-conn");
  } finally {
    await run("modprobe", ["ip_vs"]);
    await network.close();
  }
});
