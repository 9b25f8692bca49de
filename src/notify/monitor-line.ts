import type { Verdict } from "../../checks/check.ts";
import { ctime } from "../log/ctime.ts";
import { formatEndpoint } from "../model/address.ts";
import type { RealServer } from "../model/real-server.ts";
import { portOfService } from "../model/service-ports.ts";
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
  const escaped = message.replace(
    /[%|\r\n]/g,
    (char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `[${ctime(at)}] [${pid}] ${identity} [${isUp ? "up" : "down"}] ${escaped}\n`;
}

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
  virtual: VirtualService,
  real: RealServer,
  verdict: Verdict,
): string | undefined {
  const { service, checkType } = virtual;
  if (checkType !== "negotiate" && typeof checkType !== "object") return undefined;
  if (verdict.monitored !== undefined || verdict.up) return verdict.monitored;
  switch (service) {
    case "http":
    case "https":
    case "http_proxy":
      return httpMessage(verdict, placeOf(virtual, real));
    case "ldap":
    case "ldaps":
      if (verdict.reason === "auth") return "Bind failed";
      return isConnecting.has(verdict.reason) ? "Connection failed" : "No answer received";
    case "dns":
      return "Connection timed out";
    default:
      return undefined;
  }
}

function placeOf({ service, checkPort }: VirtualService, { endpoint }: RealServer): string {
  const port = checkPort ?? (endpoint.port || portOfService(service) || 0);
  return formatEndpoint({ address: endpoint.address, port });
}

/** As libwww-perl has it. */
function httpMessage({ reason, detail }: Extract<Verdict, { up: false }>, place: string): string {
  if (reason === "timeout") return "500 Timeout Alarm";
  if (reason === "closed") return "500 Server closed connection without sending any data back";
  return `500 Can't connect to ${place} (${connectWords.get(reason) ?? detail})`;
}

/** strerror(3) of the usual ones. */
const connectWords: ReadonlyMap<string, string> = new Map([
  ["refused", "Connection refused"],
  ["unreachable", "No route to host"],
]);

const isConnecting: ReadonlySet<string> = new Set(["refused", "unreachable", "tls"]);
