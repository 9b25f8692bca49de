import type { Verdict } from "../../checks/check.ts";
import type { HealthView } from "../health/view.ts";
import type { Logger } from "../log/logger.ts";
import { type Endpoint, formatEndpoint } from "../model/address.ts";
import type { RealServer } from "../model/real-server.ts";
import { serviceId, type VirtualService } from "../model/virtual-service.ts";
import { type AppendFile, appendFile } from "./append-file.ts";
import { checkIdentity, isMonitored, messageOf, monitorLine } from "./monitor-line.ts";

/** `monitorfile`: a line for each result of each check of each virtual service that wants one. */
export interface MonitorFiles {
  /** These services from now on. A file that is not there yet is made. */
  replace(virtuals: readonly VirtualService[]): void;
  /** What a probe said of one real server. */
  onVerdict(service: string, real: Endpoint, verdict: Verdict, asked: "main" | "between"): void;
  /** Writes what is known so far, for which it has so long. Takes no more. */
  stop(patienceMs: number): Promise<void>;
}

export interface MonitorFilesParts {
  readonly log: Logger;
  readonly view: HealthView;
}

interface Watched {
  readonly file: AppendFile;
  readonly virtual: VirtualService;
  readonly real: RealServer;
  readonly identity: string;
}

export function createMonitorFiles({ log, view }: MonitorFilesParts): MonitorFiles {
  const watched = new Map<string, Watched>();
  const files = new Map<string, AppendFile>();
  let timers: NodeJS.Timeout[] = [];

  const fileAt = (path: string): AppendFile =>
    appendFile(path, {
      onFailed: (cause) => log.event("monitor-file-failed", { path, cause }),
      onRecovered: (lost) => log.event("monitor-file-recovered", { path, lost }),
    });
  const write = ({ file, identity }: Watched, isUp: boolean, message?: string) =>
    file.add(monitorLine(Date.now(), process.pid, identity, isUp, message));

  /** The rounds in which no probe runs: a server in maintenance, and one of which nothing is asked. */
  const writeUnasked = (service: string, all: readonly Watched[]) => {
    for (const each of all) {
      const { virtual, real } = each;
      if (view.maintenance(service, real.endpoint) !== undefined) {
        write(each, false, "Server in maintenance");
      } else if (virtual.checkType === "negotiate" && virtual.service === "none") {
        write(each, true);
      }
    }
  };
  const forget = () => {
    for (const timer of timers) clearInterval(timer);
    timers = [];
    watched.clear();
  };

  return {
    replace(virtuals) {
      forget();
      const before = new Map(files);
      files.clear();
      for (const virtual of virtuals) {
        const path = virtual.monitorFile;
        if (path === undefined) continue;
        const file = files.get(path) ?? before.get(path) ?? fileAt(path);
        files.set(path, file);
        const service = serviceId(virtual.key);
        const all = virtual.reals.map((real) => {
          const identity = checkIdentity(virtual, real);
          return { file, virtual, real, identity };
        });
        for (const each of all) watched.set(keyOf(service, each.real.endpoint), each);
        timers.push(setInterval(() => writeUnasked(service, all), virtual.checkIntervalMs));
      }
    },
    onVerdict(service, real, verdict, asked) {
      const each = watched.get(keyOf(service, real));
      if (each === undefined || !isMonitored(each.virtual, verdict)) return;
      const message = asked === "main" ? messageOf(each.virtual, each.real, verdict) : undefined;
      write(each, verdict.up, message);
    },
    async stop(patienceMs) {
      forget();
      const written = Promise.all([...files.values()].map((file) => file.settled()));
      let timer: NodeJS.Timeout | undefined;
      const enough = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, patienceMs);
      });
      await Promise.race([written, enough]);
      clearTimeout(timer);
    },
  };
}

const keyOf = (service: string, real: Endpoint): string => `${service} ${formatEndpoint(real)}`;
