import { messageOf } from "../../model/error-text.ts";
import { err, ok } from "../../model/result.ts";
import type { VirtualService } from "../../model/virtual-service.ts";
import { isClockSynchronised } from "../../native/clock.ts";
import { type Libc, loadLibc } from "../../native/libc.ts";
import type { Facts, Link, OpenFiles, Seen } from "../facts.ts";
import { sharersOf, vipsOf } from "../services.ts";
import { askForClaims } from "./claims.ts";
import { readFirewall } from "./firewall.ts";
import { readModules, readSysctls } from "./kernel.ts";
import { readNetwork } from "./network.ts";
import { readText } from "./read.ts";

/** How this host is set up now, as far as it can be seen. Changes nothing; takes about a second. */
export async function gather(
  virtuals: readonly VirtualService[],
  daemonPid?: number,
): Promise<Facts> {
  const libc = loadLibc();
  const vips = vipsOf(virtuals);
  const reals = virtuals.flatMap(({ reals }) => reals.map(({ endpoint }) => endpoint.address));
  const network = await readNetwork([...new Set([...vips, ...reals])]);
  const links: readonly Link[] = network.links.ok ? network.links.value : [];
  const [modules, sysctls, firewall, openFiles, claims] = await Promise.all([
    readModules(),
    readSysctls(links),
    readFirewall(),
    readOpenFiles(daemonPid),
    network.links.ok
      ? askForClaims(libc, { vips, reals: sharersOf(virtuals) }, links)
      : network.links,
  ]);
  return {
    virtuals,
    modules,
    sysctls,
    links: network.links,
    ways: network.ways,
    claims,
    firewall,
    openFiles,
    clock: { now: Date.now(), isSynchronised: askClock(libc) },
  };
}

/** The daemon's, where there is one; else ours, which a daemon started from here would have. */
async function readOpenFiles(daemonPid: number | undefined): Promise<OpenFiles> {
  const ofDaemon =
    daemonPid === undefined ? undefined : await readText(`/proc/${daemonPid}/limits`);
  const text = ofDaemon ?? (await readText("/proc/self/limits")) ?? "";
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(text) ?? [];
  return {
    limit: soft === undefined || soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft),
    of: ofDaemon === undefined ? "a daemon started here" : `the daemon (pid ${daemonPid})`,
  };
}

function askClock(libc: Libc | undefined): Seen<boolean> {
  if (libc === undefined) return err("the C library cannot be called from here");
  try {
    return ok(isClockSynchronised(libc));
  } catch (error) {
    return err(messageOf(error));
  }
}
