import type { Verdict } from "../../checks/check.ts";
import type { MonitorSpec } from "../health/plan.ts";
import { ctime } from "../log/ctime.ts";
import { formatEndpoint } from "../model/address.ts";
import { withoutUnprintable } from "../model/one-line.ts";
import type { RealServer } from "../model/real-server.ts";
import type { VirtualService } from "../model/virtual-service.ts";

/**
 * One line of a `monitorfile`:
 * `[Sun Nov 22 16:51:03 2026] [PID] IDENTITY [up] MESSAGE`
 * @param at epoch milliseconds
 * @param message what the check has to say; `-` is for nothing
 */
export function monitorLine(
  at: number,
  pid: number,
  identity: string,
  isUp: boolean,
  message = "-",
): string {
  const escaped = message.replace(/[%|]/g, percent);
  const line = `[${ctime(at)}] [${pid}] ${identity} [${isUp ? "up" : "down"}] ${escaped}`;
  return `${withoutUnprintable(line, percent)}\n`;
}

/** As in a URL; the original has this for `%`, `|` and the two characters that end a line. */
const percent = (char: string): string =>
  [...Buffer.from(char)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");

/**
 * How a monitorfile names a check, byte for byte as the original, which joins these with colons, makes each run of
 * colons a blank and takes the backslashes out. It quotes request and receive before: there each colon is a
 * blank of its own.
 */
export function checkIdentity(virtual: VirtualService, real: RealServer): string {
  const { key, checkType } = virtual;
  const request = real.request ?? virtual.request ?? "/";
  const outer = [
    ...checkWords(virtual, checkType),
    key.kind === "fwmark" ? "fwm" : key.protocol,
    formatEndpoint(real.endpoint),
    virtual.virtualHost ?? "",
    virtual.checkPort ?? "",
    real.weight,
    real.forwarding,
  ];
  const quoted = [
    request.startsWith("/") ? request : `/${request}`,
    real.receive ?? virtual.receive,
  ];
  return `${outer.join(":").replace(/:+/g, " ")} ${quoted
    .map((text = "") => text.replaceAll(":", " "))
    .join(" ")}`.replaceAll("\\", "");
}

function checkWords({ service, checkCommand }: VirtualService, type: VirtualService["checkType"]) {
  if (typeof type === "object") return ["combined", service];
  if (type === "negotiate") return [type, service];
  return type === "external" || type === "external-perl" ? [type, checkCommand] : [type];
}

/** Whether the original writes this result down: it leaves out some, for no reason that is known. */
export function isMonitored({ key, checkType }: VirtualService, { up }: Verdict): boolean {
  const isUdp = key.kind === "address" && key.protocol === "udp";
  const isPing = checkType === "ping" || (checkType === "connect" && isUdp);
  return checkType !== "external-perl" && (up || !isPing);
}

/** What the original says beside up or down; undefined where it has no words. */
export function messageOf(
  { source }: Pick<MonitorSpec, "source">,
  verdict: Verdict,
): string | undefined {
  if (verdict.monitored !== undefined || verdict.up || source.kind !== "probe") {
    return verdict.monitored;
  }
  const { main, target } = source.probe;
  return main.monitorWords?.(verdict, target);
}
