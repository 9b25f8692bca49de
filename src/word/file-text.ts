/**
 * The file of health, as packaging/files/ldirectord-health reads it; ldirectord-health(8) describes it.
 *
 *   ldirectord-health 1 BOOT BEAT BEAT      the same length whatever the heartbeat is: it is written over in place
 *   VIRTUAL WORD UP OF PROTOCOL             one a virtual service; those of one VIRTUAL stand together
 *   end LINES
 */
import { serviceName, serviceProtocol } from "../model/virtual-service.ts";
import type { ServiceHealth } from "./health-word.ts";

/** Seconds with two places: 300 years. */
const beatWidth = 13;

/**
 * @param boot the kernel's id of this boot; undefined where it is not to be seen
 * @param uptimeSec as /proc/uptime has it. Twice, for who reads while it is written over sees that they differ
 */
export function headOf(boot: string | undefined, uptimeSec: number): string {
  const beat = uptimeSec.toFixed(2).padStart(beatWidth);
  return `ldirectord-health 1 ${boot ?? "-"} ${beat} ${beat}\n`;
}

/** What stands below the head. */
export function bodyOf(services: readonly ServiceHealth[]): string {
  const byName = new Map<string, string[]>();
  for (const { key, word, up, of } of services) {
    const name = serviceName(key);
    const line = `${name} ${word} ${up} ${of} ${serviceProtocol(key)}\n`;
    const lines = byName.get(name);
    if (lines === undefined) byName.set(name, [line]);
    else lines.push(line);
  }
  return `${[...byName.values()].flat().join("")}end ${services.length}\n`;
}
