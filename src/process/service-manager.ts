import type { UnixDatagram } from "../native/unix-datagram.ts";

/** What systemd is told of a `Type=notify` service. sd_notify(3). */
export interface ServiceManager {
  /** The table is set up: what waits for this service may go on. Also the end of a reload. */
  ready(): void;
  /** A reload begins. */
  reloading(): void;
  /** The orderly end begins. */
  stopping(): void;
  /** One line, shown by `systemctl status`. Repeating it costs nothing. */
  status(text: string): void;
  close(): void;
}

export interface NotifySocket {
  /** A file name, or `@name` in the abstract namespace. */
  readonly socketPath: string;
  /** We are killed when nothing is heard for so long. */
  readonly watchdogMs?: number;
}

type Environment = Record<string, string | undefined>;

/** Of sd_notify(3), sd_watchdog_enabled(3) and systemd.exec(5): none of our children must answer for us. */
const variables = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "SYSTEMD_EXEC_PID"] as const;

/**
 * The service manager's invitation, taken out of `env`. A process that only inherited the variables, as the
 * script of another service does, is not invited: it must detach as ever.
 */
export function takeNotifySocket(
  env: Environment,
  self: { readonly pid: number; readonly parentPid: number },
): NotifySocket | undefined {
  const [socketPath, watchdogUs, watchdogPid, execPid] = variables.map((name) => env[name]);
  for (const name of variables) delete env[name];
  // systemd before 248 does not say whom it started, but is the parent of all that it starts.
  const isMeant = execPid === undefined ? self.parentPid === 1 : execPid === String(self.pid);
  if (!isMeant || socketPath === undefined || !/^[/@]./.test(socketPath)) return undefined;
  const watchdogMs = Math.floor(Number(watchdogUs ?? 0) / 1000);
  const isWatched = watchdogMs > 0 && (watchdogPid ?? String(self.pid)) === String(self.pid);
  return { socketPath, ...(isWatched && { watchdogMs }) };
}

/**
 * Speaks to the service manager, and never waits for it. The watchdog is fed by the event loop, at half its
 * time: a daemon whose loop stands still is started anew, and adopts the table.
 * @param monotonicUs CLOCK_MONOTONIC, microseconds
 */
export function createServiceManager(
  { watchdogMs }: Pick<NotifySocket, "watchdogMs">,
  socket: Pick<UnixDatagram, "send" | "close">,
  monotonicUs = (): bigint => process.hrtime.bigint() / 1000n,
): ServiceManager {
  const tell = (...lines: string[]) => socket.send(Buffer.from(lines.join("\n")));
  const feed = () => tell("WATCHDOG=1");
  const timer = watchdogMs === undefined ? undefined : setInterval(feed, watchdogMs / 2);
  timer?.unref();
  let shown = "";
  let isStopping = false;
  return {
    ready() {
      // A reload may end after the end has begun.
      if (!isStopping) tell("READY=1");
    },
    reloading: () => tell("RELOADING=1", `MONOTONIC_USEC=${monotonicUs()}`),
    stopping() {
      isStopping = true;
      tell("STOPPING=1");
    },
    status(text) {
      if (text === shown) return;
      shown = text;
      tell(`STATUS=${text}`);
    },
    close() {
      clearInterval(timer);
      socket.close();
    },
  };
}
