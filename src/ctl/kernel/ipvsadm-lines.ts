import type { TableDest, TableRow, TableService } from "../../ipvs/ipvs.ts";
import { bytesToAddress, formatEndpoint } from "../../model/address.ts";
import { type ServiceKey, serviceFamily } from "../../model/virtual-service.ts";

/**
 * The table as `ipvsadm -S -n` writes it and `ipvsadm -R` takes it, with the thresholds that the former leaves out. Of
 * each service the oldest row first, so that it comes to stand as it stood: the kernel puts a new one before the others.
 */
export const ipvsadmLines = (rows: readonly TableRow[]): readonly string[] =>
  rows.flatMap(({ service, dests }) => [
    `-A ${serviceWords(service)}`,
    ...dests.toReversed().map((dest) => `-a ${nameWords(service.key)} ${destWords(dest)}`),
  ]);

function nameWords(key: ServiceKey): string {
  if (key.kind === "fwmark") return `-f ${key.mark}${key.family === 6 ? " -6" : ""}`;
  return `${key.protocol === "udp" ? "-u" : "-t"} ${formatEndpoint(key.endpoint)}`;
}

function serviceWords(service: TableService): string {
  const { key, scheduler, schedulerFlags, persistenceSec, netmask, isOnePacket } = service;
  const isSix = serviceFamily(key) === 6;
  const isOneClient = netmask === (isSix ? 128 : 0xffff_ffff);
  const flags = flagNames(scheduler).filter((_, i) => (schedulerFlags & (8 << i)) !== 0);
  return [
    nameWords(key),
    `-s ${scheduler}`,
    ...(persistenceSec === undefined ? [] : [`-p ${persistenceSec}`]),
    ...(persistenceSec === undefined || isOneClient ? [] : [`-M ${mask(netmask, isSix)}`]),
    ...(isOnePacket ? ["-o"] : []),
    ...(flags.length === 0 ? [] : [`-b ${flags.join(",")}`]),
  ].join(" ");
}

function mask(netmask: number, isSix: boolean): string {
  if (isSix) return String(netmask);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(netmask);
  return bytesToAddress(bytes);
}

/** By IP_VS_SVC_F_SCHED1 to 3. */
const flagNames = (scheduler: string): readonly string[] =>
  scheduler === "sh" || scheduler === "mh"
    ? [`${scheduler}-fallback`, `${scheduler}-port`, "flag-3"]
    : ["flag-1", "flag-2", "flag-3"];

/** A row `local` was written as one of the others: the kernel knows its own addresses. */
const forwardingWords = { gate: "-g", masq: "-m", ipip: "-i", local: "-g" } as const;

const destWords = ({
  endpoint,
  forwarding,
  weight,
  upperThreshold,
  lowerThreshold,
}: TableDest): string =>
  [
    `-r ${formatEndpoint(endpoint)}`,
    forwardingWords[forwarding],
    `-w ${weight}`,
    ...(upperThreshold === 0 ? [] : [`-x ${upperThreshold}`]),
    ...(lowerThreshold === 0 ? [] : [`-y ${lowerThreshold}`]),
  ].join(" ");
