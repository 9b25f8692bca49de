import { noFileFacts } from "../config/build/file-facts.ts";
import { NameMemory } from "../config/names/memory.ts";
import type { Daemon } from "../daemon/daemon.ts";
import { checksASecond, prepare, type Ready } from "../daemon/prepare.ts";
import { incidentFile } from "../incidents/incident-file.ts";
import { EmbeddedIpvs } from "../ipvs/embedded-ipvs.ts";
import { openKernelIpvs } from "../ipvs/open-kernel.ts";
import { RecordRing } from "../log/sinks/ring.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { withholdCapabilities } from "../native/capabilities.ts";
import { openUnixDatagram } from "../native/unix-datagram.ts";
import { StateFile } from "../orders/state-file.ts";
import { startDetached } from "../process/detach.ts";
import { serve } from "../process/serve.ts";
import { createServiceManager, type ServiceManager } from "../process/service-manager.ts";
import { fitYoungSpace, relaxHeap } from "../process/small-heap.ts";
import { toldIpvs } from "../reconcile/told-ipvs.ts";
import { serviceStatus } from "../status/service-status.ts";
import { type Beside, openBeside } from "./beside.ts";
import { type Caller, exitWith, type Invocation, programOf } from "./invocation.ts";
import { sendLog } from "./log-target.ts";
import { showLines } from "./terminal.ts";
import { originalVersion, ownVersion } from "./texts.ts";

/**
 * @param sketch the file as it was read a moment ago, no name in it looked up
 * @returns the exit code: at once where the daemon is another process, else of the daemon itself
 */
export async function start(invocation: Invocation, sketch?: Ready): Promise<number> {
  const { caller, isForeground, args } = invocation;
  const isHere = caller.isDaemonToBe || caller.notifySocket !== undefined || isForeground;
  if (isHere) return become(invocation, sketch);
  const report = await startDetached(caller.program, args.config);
  caller.terminal.err(report.text);
  return report.kind === "ready" ? 0 : report.exitCode;
}

/** This process becomes the daemon. */
async function become(invocation: Invocation, sketch: Ready | undefined): Promise<number> {
  const { caller, args, instance, path, pidFile, ini, checks, log, isForeground, journal } =
    invocation;
  const memory = new NameMemory();
  const prepared = sketch?.hasNames === false ? sketch : await prepare(path, checks, { memory });
  if (!prepared.ok) {
    showLines(caller.terminal, prepared.problems);
    return exitWith(log, 2, "config_error: Configuration Error");
  }
  showLines(caller.terminal, prepared.warnings);
  // What `ldirectorctl events` shows.
  const records = new RecordRing();
  const beside = journal === undefined ? [records] : [journal, records];
  const manner = { context: { instance, configFile: path }, ini, beside };
  sendLog(log, args, prepared.config, manner);
  process.chdir("/");
  const manager = openServiceManager(caller);

  return serve({
    log,
    ...(!isForeground && { pidFile }),
    ...(manager && { manager }),
    start: async () => {
      const version = originalVersion;
      if (isForeground) log.event("daemon-started-foreground", { version, pid: process.pid });
      else log.event("daemon-started", { version });
      // Not for those who only ask or stop: it brings a good deal along.
      const { startDaemon } = await import("../daemon/daemon.ts");
      const ipvs = ini.backend === "embedded" ? new EmbeddedIpvs() : await openKernelIpvs(log);
      // modprobe has been run by now; whatever is started from here on is not ours.
      withholdCapabilities();
      let daemon: Daemon | undefined;
      let opened: Beside | undefined;
      const metrics = createMetrics({ log, version: ownVersion(), daemon: () => daemon });
      await metrics.count(prepared.ini.metrics);
      daemon = await startDaemon({
        log: metrics.log,
        onVerdict: metrics.onVerdict,
        ipvs: args.isDebug ? toldIpvs(ipvs, log) : ipvs,
        prepared,
        instance,
        orderFile: new StateFile(ini.stateDir, instance),
        incidentFile: incidentFile(ini.stateDir, instance),
        prepareAgain: () => prepare(path, checks, { memory }),
        program: programOf(caller),
        ...(caller.threadProgram && { threadProgram: caller.threadProgram }),
        onConfig: (next) => {
          const { config, ini } = next;
          fitYoungSpace(checksASecond(next));
          // Where a foreground daemon writes was settled when it was started.
          if (!isForeground) sendLog(log, args, { log: config.log, isSupervised: false }, manner);
          return Promise.all([metrics.follow(ini.metrics), opened?.follow(ini)]);
        },
      });
      fitYoungSpace(checksASecond(prepared));
      void daemon.firstRound().then(relaxHeap);
      if (manager) showStatus(manager, daemon);
      await metrics.follow(daemon.current().ini.metrics);
      opened = await openBeside(
        {
          daemon,
          records,
          addressOf: (name) => memory.addressOf(name),
          prepareTexts: (from, readFile) =>
            prepare(from, checks, { memory: memory.copied(), readFile, ...withoutFiles }),
        },
        invocation,
      );
      return closingFirst(daemon, [metrics, opened]);
    },
    onReady: () => caller.reportReady(),
  });
}

/** Whoever asks may not have the daemon look for files. */
const withoutFiles = { inspectFiles: async () => noFileFacts };

interface Closable {
  close(): Promise<void>;
}

/** Who starts next may open these while this one still tells the last of it. */
function closingFirst(daemon: Daemon, open: readonly Closable[]): Daemon {
  const closing = (end: (signal: string) => Promise<void>) => async (signal: string) => {
    await Promise.all(open.map((each) => each.close()));
    await end(signal);
  };
  return { ...daemon, stop: closing(daemon.stop), handOver: closing(daemon.handOver) };
}

function openServiceManager({ notifySocket, terminal }: Caller): ServiceManager | undefined {
  if (notifySocket === undefined) return undefined;
  try {
    return createServiceManager(notifySocket, openUnixDatagram(notifySocket.socketPath));
  } catch (error) {
    // Without libc systemd hears nothing, and says so when its time is up.
    terminal.err(`systemd cannot be told that the daemon runs: ${String(error)}\n`);
    return undefined;
  }
}

const statusEveryMs = 2_000;

function showStatus(manager: ServiceManager, daemon: Daemon): void {
  // Of a large table it costs some: never more than a hundredth of the time.
  const show = async () => {
    const from = performance.now();
    manager.status(serviceStatus(await daemon.snapshot()));
    const costMs = performance.now() - from;
    setTimeout(() => void show(), Math.max(statusEveryMs, 100 * costMs)).unref();
  };
  void show();
}
