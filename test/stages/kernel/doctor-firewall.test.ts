/** `ldirectorctl doctor` where a firewall's rules matter. */
import { describe, expect, test } from "vitest";
import { example, isOriginal } from "../../lab/director.ts";
import { masqOnLan, set, tellBreaks, withOwnFile, wrongIn } from "../../lab/doctor.ts";
import { runIn } from "../../lab/namespace.ts";
import { addRules } from "../../lab/network.ts";
import { translation, translationOfBoth } from "../../lab/topologies.ts";

const stateful = "-A FORWARD -m conntrack --ctstate INVALID -j DROP";

tellBreaks({
  name: "translation",
  topology: translation(),
  file: example("nat.cf"),
  right: ["director"],
  breaks: {
    "the firewall asks for a state that IPVS does not keep": {
      does: [["director", "iptables-legacy", ...stateful.split(" ")]],
      tells: ["advice conntrack: net.ipv4.vs.conntrack is 0"],
    },
  },
});

tellBreaks({
  name: "FULLNAT",
  topology: translationOfBoth(),
  file: example("fullnat.cf"),
  right: ["director"],
  breaks: {
    "the rule is there, and IPVS's connections are not tracked": set(
      "director",
      "net.ipv4.vs.conntrack=0",
      "fault full-nat-conntrack: net.ipv4.vs.conntrack is 0",
    ),
  },
});

describe.skipIf(isOriginal)("a file of its own", () => {
  const { director: host, doctor } = withOwnFile();

  test("masq on one segment with the clients wants FULLNAT, and with it is right", async () => {
    const director = host();
    await runIn(director, "sysctl", ["-qw", "net.ipv4.ip_forward=1"]);
    expect(wrongIn(await doctor(masqOnLan))).toEqual([
      "advice masq-return: 192.168.10.201: reached by the link that clients come by",
    ]);
    const [advised] = (await doctor(masqOnLan)).findings.filter(({ id }) => id === "masq-return");
    for (const command of advised?.mend?.commands ?? []) {
      const [name = "", ...args] = command.replace(/^iptables/, "iptables-legacy").split(" ");
      await runIn(director, name, args);
    }
    const told = await doctor(masqOnLan);
    expect(wrongIn(told)).toEqual([]);
    expect(told.findings).toContainEqual({
      id: "masq-return",
      severity: "fine",
      what: "to the real servers all clients are this director",
    });
    await addRules(director, "iptables", "nat", []);
  });
});
