/** A virtual server with one of its addresses, as the lines of a virtual service. */
import { familyOf, formatEndpoint, formatHost } from "../../model/address.ts";
import type { Findings } from "../finding.ts";
import type { RealServer, VirtualAddress, VirtualServer } from "../model.ts";
import type { Method } from "../values.ts";
import type { CheckedServer } from "./check.ts";
import type { Line } from "./lines.ts";
import { schedulingLines } from "./scheduling.ts";
import { sharedCheck } from "./shared-check.ts";

/** What keepalived takes where no `protocol` is written. Seen of 2.2.7. */
export const defaultProtocol = "udp";
const nat: Method = { forwarding: "masq" };

/** @returns the lines, `virtual=` first; none when there is nothing to serve, which is told */
export function virtualLines(
  virtual: VirtualServer,
  address: VirtualAddress,
  findings: Findings,
): readonly Line[] {
  const family = familyHere(virtual, address);
  const protocol = protocolHere(virtual, address, findings);
  const port = address.kind === "address" ? address.port : 0;
  const servers = serversOf(virtual, { family, port, isMark: address.kind === "fwmark" }, findings);
  if (servers.length === 0) return [];
  const checked = servers.map(({ real, port: at }) => ({ real, virtual, protocol, port: at }));
  const check = sharedCheck(checked, findings);
  const six = family === 6 ? "6" : "";
  const where = address.kind === "address" ? formatEndpoint(address) : String(address.mark);
  return [
    [`virtual${six}`, where],
    ...checked.map(
      (each): Line => [
        `real${six}`,
        `${realText(each, findings)}${check.tailOf(each)}${limits(each.real, findings)}`,
      ],
    ),
    ...sorryLines(virtual, { family, port }, findings),
    ...schedulingLines(virtual, { family, port, protocol }, findings),
    ...(protocol === "fwm" ? [] : [["protocol", protocol] as const]),
    ...inhibitLines(
      virtual,
      servers.map(({ real }) => real),
      findings,
    ),
    ...check.lines,
  ];
}

function protocolHere(
  virtual: VirtualServer,
  { kind }: VirtualAddress,
  findings: Findings,
): "tcp" | "udp" | "fwm" {
  if (kind === "fwmark") return "fwm";
  const said = virtual.protocol?.value;
  if (said === "tcp" || said === "udp") return said;
  const meaning = "without a protocol keepalived takes UDP, and so does this";
  findings.differs(virtual, virtual.what, meaning, "protocol=tcp, if that was meant");
  return defaultProtocol;
}

/** Of a mark: what is written, else that of the real servers; those in tunnels last. */
function familyHere(virtual: VirtualServer, address: VirtualAddress): 4 | 6 {
  if (address.kind === "address") return familyOf(address.address);
  const written = address.family ?? virtual.family;
  if (written !== undefined) return written;
  const isTunnel = (real: RealServer) => methodOf(real, virtual).forwarding === "ipip";
  const decides = virtual.reals.find((real) => !isTunnel(real));
  if (decides !== undefined) return familyOf(decides.server.address);
  const granularity = virtual.granularity?.value;
  if (granularity !== undefined) return granularity.includes(".") ? 4 : 6;
  return virtual.reals.every((real) => familyOf(real.server.address) === 6) ? 6 : 4;
}

const methodOf = (real: RealServer, virtual: VirtualServer): Method =>
  (real.method ?? virtual.method)?.value ?? nat;

interface Served {
  readonly family: 4 | 6;
  readonly port: number;
}

/** Those that keepalived puts into the table, with the port that they have there. */
function serversOf(
  virtual: VirtualServer,
  { family, port, isMark }: Served & { readonly isMark: boolean },
  findings: Findings,
): readonly { readonly real: RealServer; readonly port: number }[] {
  const seen = new Map<string, RealServer>();
  return virtual.reals.flatMap((real) => {
    const { forwarding } = methodOf(real, virtual);
    const { address } = real.server;
    if (familyOf(address) !== family) {
      const meaning =
        forwarding === "ipip"
          ? "a tunnel to the other family of addresses: the real server is left out"
          : "its address is of another family: keepalived leaves it out, and so does this";
      findings.lost(real, real.what, meaning);
      return [];
    }
    const written = real.server.port ?? port;
    if (forwarding !== "masq" && written !== port && !isMark) {
      const meaning = `only NAT changes a port: keepalived takes ${port} in the table, and so does this`;
      findings.differs(real, real.what, meaning);
    }
    const at = forwarding === "masq" ? written : port;
    const key = formatEndpoint({ address, port: written });
    const earlier = seen.get(key);
    if (earlier !== undefined) {
      findings.differs(
        real,
        real.what,
        `line ${earlier.line} has it already: keepalived passes it over, and so does this`,
      );
      return [];
    }
    seen.set(key, real);
    return [{ real, port: at }];
  });
}

const maxWeight = 65_535;

/** `192.0.2.11:80 gate 5`. */
function realText({ real, virtual, port }: CheckedServer, findings: Findings): string {
  const method = methodOf(real, virtual);
  const weight = (real.weight ?? virtual.weight)?.value ?? 1;
  if (weight > maxWeight) {
    const place = real.weight ?? real;
    findings.lost(place, place.what, `a weight is at most ${maxWeight} here: it is that`);
  }
  tellOfTunnel(method, real.method ?? virtual.method ?? real, findings);
  const host = formatHost(real.server.address);
  const where = port === 0 ? host : `${host}:${port}`;
  return `${where} ${method.forwarding} ${Math.min(weight, maxWeight)}`;
}

function tellOfTunnel(
  { tunnel }: Method,
  place: { readonly file: string; readonly line: number; readonly what: string },
  findings: Findings,
): void {
  if (tunnel === undefined) return;
  const meaning =
    "plain IPIP is all that is here: a server at the end of another tunnel gets nothing";
  findings.lost(place, place.what, meaning, "an ipip tunnel on the real servers");
}

function limits({ upperThreshold, lowerThreshold }: RealServer, findings: Findings): string {
  const upper = upperThreshold?.value ?? 0;
  const lower = lowerThreshold?.value ?? 0;
  if (lowerThreshold !== undefined && lower > upper) {
    const meaning = "it is above uthreshold: the kernel refuses such a server, so it is left out";
    findings.lost(lowerThreshold, lowerThreshold.what, meaning);
  }
  return [lower > 0 && lower <= upper ? ` l:${lower}` : "", upper > 0 ? ` u:${upper}` : ""].join(
    "",
  );
}

function sorryLines(
  virtual: VirtualServer,
  { family, port }: Served,
  findings: Findings,
): readonly Line[] {
  const { sorry, sorryMethod = virtual.method } = virtual;
  if (sorry === undefined) return [];
  const { address, port: written } = sorry.value;
  const method = sorryMethod?.value ?? nat;
  if (familyOf(address) !== family) {
    findings.lost(sorry, sorry.what, "its address is of another family: there is no fallback");
    return [];
  }
  if (method.forwarding === "masq" && written === undefined && port !== 0) {
    const meaning = `it has no port, for which keepalived puts 0 into the table; here it has the virtual service's, ${port}`;
    findings.differs(sorry, sorry.what, meaning);
  }
  tellOfTunnel(method, sorryMethod ?? sorry, findings);
  const at = method.forwarding === "masq" ? (written ?? port) : port;
  const host = formatHost(address);
  const where = at === 0 ? host : `${host}:${at}`;
  return [[family === 6 ? "fallback6" : "fallback", `${where} ${method.forwarding}`]];
}

/** All real servers of a virtual service do alike: what most of them have. */
function inhibitLines(
  virtual: VirtualServer,
  reals: readonly RealServer[],
  findings: Findings,
): readonly Line[] {
  const isInhibiting = (real: RealServer) => real.inhibiting?.value ?? virtual.isInhibiting;
  const count = reals.filter(isInhibiting).length;
  const isQuiescent = count * 2 >= reals.length;
  for (const real of reals) {
    if (isInhibiting(real) === isQuiescent) continue;
    const place = real.inhibiting ?? real;
    const here = isQuiescent ? "stays with weight 0" : "is taken out";
    const meaning = `a server that is down ${here}, as those beside it`;
    findings.lost(place, place.what, meaning, "quiescent= is the whole virtual service's");
  }
  return isQuiescent ? [["quiescent", "yes"]] : [];
}
