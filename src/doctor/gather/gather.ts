import type { RoleSettings } from "../../ini/role-keys.ts";
import { lookAtSync } from "../../ipvs/look-at-sync.ts";
import type { SyncDaemon } from "../../ipvs/sync-daemon.ts";
import { messageOf } from "../../model/error-text.ts";
import { err, ok } from "../../model/result.ts";
import type { VirtualService } from "../../model/virtual-service.ts";
import { isClockSynchronised } from "../../native/clock.ts";
import { type Libc, loadLibc } from "../../native/libc.ts";
import { readRoleFile } from "../../role/by-file.ts";
import type { Word } from "../../role/role.ts";
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
  { role, sync }: Facts["ini"] = {},
): Promise<Facts> {
  const libc = loadLibc();
  const vips = vipsOf(virtuals);
  const reals = virtuals.flatMap(({ reals }) => reals.map(({ endpoint }) => endpoint.address));
  const network = await readNetwork([...new Set([...vips, ...reals])]);
  const links: readonly Link[] = network.links.ok ? network.links.value : [];
  const [modules, sysctls, firewall, openFiles, said, syncDaemons, claims] = await Promise.all([
    readModules(),
    readSysctls(links),
    readFirewall(),
    readOpenFiles(daemonPid),
    readRole(role, links),
    sync?.start === undefined ? ok([]) : readSyncDaemons(),
    network.links.ok
      ? askForClaims(libc, { vips, reals: sharersOf(virtuals) }, links)
      : network.links,
  ]);
  return {
    virtuals,
    ini: { ...(role && { role }), ...(sync && { sync }) },
    role: said,
    syncDaemons,
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

/** Of a command only its daemon knows: it is not ours to run. */
async function readRole(
  role: RoleSettings | undefined,
  links: readonly Link[],
): Promise<Seen<Word> | undefined> {
  switch (role?.follow?.kind) {
    case undefined:
      return undefined;
    case "vip": {
      const own = links.flatMap(({ addresses }) => addresses.map(({ address }) => address));
      return ok({ kind: "addresses", own: new Set(own) });
    }
    case "file":
      return ok(await readRoleFile(role.follow.path));
    case "command":
      return err("a command says whether it is a spare; see ldirectorctl status");
  }
}

async function readSyncDaemons(): Promise<Seen<readonly SyncDaemon[]>> {
  try {
    return ok(await lookAtSync());
  } catch (error) {
    return err(messageOf(error));
  }
}

function askClock(libc: Libc | undefined): Seen<boolean> {
  if (libc === undefined) return err("the C library cannot be called from here");
  try {
    return ok(isClockSynchronised(libc));
  } catch (error) {
    return err(messageOf(error));
  }
}
