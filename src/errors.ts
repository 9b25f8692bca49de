/** What stops the work. Caught in reconcile/apply, daemon and cli, nowhere else. Codes are stable: docs/errors.md. */
export abstract class LdirectordError extends Error {
  abstract readonly code: string;
}

/** The kernel refused a request, or could not be asked. */
export class NetlinkError extends LdirectordError {
  override readonly name = "NetlinkError";
  /** `ENOENT`, … */
  readonly errno: string;
  /** `NETLINK_ENOENT`, … */
  readonly code: string;

  /** @param errno `EPERM`, …, or `LOST` when no answer came @param request what we asked: it goes first in the message */
  constructor(errno: string, request: string, options?: ErrorOptions) {
    super(`${request}: ${errno}`, options);
    this.errno = errno;
    this.code = `NETLINK_${errno}`;
  }
}

/** No IPVS to drive: no module, no permission, no libc binding. The message says what to do. */
export class IpvsUnavailableError extends LdirectordError {
  override readonly name = "IpvsUnavailableError";
  readonly code = "IPVS_UNAVAILABLE";
}

/** The pid file cannot be written: nobody would find the daemon again, so it is not started. */
export class PidFileError extends LdirectordError {
  override readonly name = "PidFileError";
  readonly code = "PID_FILE";
}
