import { execFile } from "node:child_process";
import { IpvsUnavailableError, NetlinkError } from "../errors.ts";
import type { Logger } from "../log/logger.ts";
import { LibcError } from "../native/errno.ts";
import { type Libc, libcProblem, loadLibc } from "../native/libc.ts";
import { findFamily, type GenlFamily } from "../netlink/genl.ts";
import { NETLINK_GENERIC, NetlinkSocket } from "../netlink/socket.ts";
import { familyName } from "./constants.ts";
import { GenlIpvs } from "./genl-ipvs.ts";

const modprobeTimeoutMs = 30_000;

/** What opening touches outside this process. */
export interface KernelAccess {
  readonly libc: () => Libc | undefined;
  /** Has the kernel load the module. @returns undefined, or why not */
  readonly loadModule: (name: string) => Promise<string | undefined>;
}

/**
 * The kernel's table, tried out: a later refusal is not for lack of permission.
 * Loads module ip_vs when it is missing: the one process that is started, once.
 * @throws IpvsUnavailableError whose message says what to do
 */
export async function openKernelIpvs(
  log?: Logger,
  { libc = loadLibc, loadModule = modprobe }: Partial<KernelAccess> = {},
): Promise<GenlIpvs> {
  const socket = openSocket(libc());
  try {
    const ipvs = new GenlIpvs(socket, await familyOrModule(socket, loadModule, log));
    const info = await ipvs.info();
    log?.debug(`IPVS ${info.version}, connection table size ${info.connectionTableSize}`);
    return ipvs;
  } catch (error) {
    socket.close();
    if (!(error instanceof NetlinkError)) throw error;
    if (error.errno === "EPERM") {
      throw new IpvsUnavailableError(
        "IPVS refuses us (EPERM): run as root, or give the process CAP_NET_ADMIN",
        { cause: error },
      );
    }
    throw new IpvsUnavailableError(`IPVS cannot be used: ${error.message}`, { cause: error });
  }
}

function openSocket(libc: Libc | undefined): NetlinkSocket {
  if (libc === undefined) {
    const cause = libcProblem();
    throw new IpvsUnavailableError(
      "IPVS cannot be reached: the native binding koffi does not load on this platform; " +
        "reinstall the package for this architecture",
      { cause },
    );
  }
  try {
    return new NetlinkSocket(libc, NETLINK_GENERIC);
  } catch (cause) {
    if (!(cause instanceof LibcError)) throw cause;
    throw new IpvsUnavailableError(
      `IPVS cannot be reached: no netlink socket can be opened (${cause.message}); ` +
        "a sandbox or RestrictAddressFamilies= may forbid AF_NETLINK",
      { cause },
    );
  }
}

async function familyOrModule(
  socket: NetlinkSocket,
  loadModule: KernelAccess["loadModule"],
  log: Logger | undefined,
): Promise<GenlFamily> {
  try {
    return findFamily(socket, familyName);
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.errno !== "ENOENT") throw error;
  }
  log?.debug("module ip_vs is not loaded: modprobe ip_vs");
  const problem = await loadModule("ip_vs");
  try {
    return findFamily(socket, familyName);
  } catch (cause) {
    const attempt = problem === undefined ? "modprobe ip_vs did not help" : problem;
    throw new IpvsUnavailableError(
      `the kernel offers no IPVS: module ip_vs is not loaded (${attempt}); ` +
        "load it with modprobe ip_vs, on the host when this is a container",
      { cause },
    );
  }
}

function modprobe(name: string): Promise<string | undefined> {
  const { PATH = "" } = process.env;
  const env = { ...process.env, PATH: `${PATH}:/usr/sbin:/sbin` };
  const options = { env, timeout: modprobeTimeoutMs };
  return new Promise((resolve) => {
    execFile("modprobe", [name], options, (error, _stdout, stderr) => {
      if (error === null) resolve(undefined);
      else resolve(stderr.trim() || `modprobe ${name}: ${error.message}`);
    });
  });
}
