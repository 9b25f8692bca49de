import type { Findings } from "../finding.ts";
import type { VirtualServer } from "../model.ts";
import type { Line } from "./lines.ts";

/** keepalived's, where none is written. */
const defaultScheduler = "wlc";
/** linux/ip_vs.h IP_VS_SVC_PERSISTENT_TIMEOUT: what keepalived takes for a service of all ports. */
const persistenceOfAllPorts = 360;

interface Where {
  readonly family: 4 | 6;
  readonly port: number;
  readonly protocol: "tcp" | "udp" | "fwm";
}

/** How clients are spread over the real servers. */
export function schedulingLines(
  virtual: VirtualServer,
  { family, port, protocol }: Where,
  findings: Findings,
): readonly Line[] {
  const { scheduler, schedulerFlags, persistence, granularity, onePacket } = virtual;
  const isOfAll = protocol !== "fwm" && port === 0;
  const seconds = persistence?.value ?? (isOfAll ? persistenceOfAllPorts : 0);
  if (persistence === undefined && isOfAll) {
    const meaning = `a service of all ports is persistent: keepalived takes ${seconds} s, and so does this`;
    findings.differs(virtual, virtual.what, meaning);
  }
  const isMask = granularity?.value.includes(".") === (family === 4);
  if (granularity !== undefined && !isMask) {
    findings.lost(
      granularity,
      granularity.what,
      `it is no mask for IPv${family}: each client is by itself`,
    );
  }
  if (onePacket !== undefined && protocol !== "udp") {
    if (protocol === "tcp") {
      findings.differs(
        onePacket,
        "ops",
        "it is for UDP: keepalived passes it over, and so does this",
      );
    } else
      findings.lost(
        onePacket,
        "ops",
        "one-packet scheduling of a firewall mark",
        "a virtual service by address, with protocol=udp and ops=yes",
      );
  }
  return [
    ["scheduler", scheduler?.value ?? defaultScheduler],
    ...(schedulerFlags.length > 0
      ? [["schedflags", [...new Set(schedulerFlags)].join(",")] as const]
      : []),
    ...(seconds > 0 ? [["persistent", String(seconds)] as const] : []),
    ...(seconds > 0 && granularity !== undefined && isMask
      ? [["netmask", granularity.value] as const]
      : []),
    ...(onePacket !== undefined && protocol === "udp" ? [["ops", "yes"] as const] : []),
  ];
}
