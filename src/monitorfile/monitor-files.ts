import type { Verdict } from "../../checks/check.ts";
import { type MonitorSpec, monitorId } from "../health/plan.ts";
import type { HealthView } from "../health/view.ts";
import type { Logger } from "../log/logger.ts";
import { serviceId, type VirtualService } from "../model/virtual-service.ts";
import type { AppendFile, Trouble } from "./append-file.ts";
import { checkIdentity, isMonitored, messageOf, monitorLine } from "./monitor-line.ts";

/** `monitorfile`: a line for each result of each check of each virtual service that wants one. */
export interface MonitorFiles {
  /** These services and what was planned for them, from now on. A file that is not there yet is made. */
  replace(virtuals: readonly VirtualService[], specs: readonly MonitorSpec[]): void;
  /** What a probe said of one real server. */
  onVerdict(spec: MonitorSpec, verdict: Verdict, asked: "main" | "between"): void;
  /** Writes what is known so far, for which it has so long. Takes no more. */
  stop(patienceMs: number): Promise<void>;
}

export interface MonitorFilesOptions {
  readonly log: Logger;
  readonly view: HealthView;
  readonly append: (path: string, trouble: Trouble) => AppendFile;
}

interface Watched {
  readonly file: AppendFile;
  readonly virtual: VirtualService;
  readonly spec: MonitorSpec;
  readonly identity: string;
}

export function createMonitorFiles({ log, view, append }: MonitorFilesOptions): MonitorFiles {
  const watched = new Map<string, Watched>();
  const files = new Map<string, AppendFile>();
  let timers: NodeJS.Timeout[] = [];

  const fileAt = (path: string): AppendFile =>
    append(path, {
      onFailed: (cause) => log.event("monitor-file-failed", { path, cause }),
      onRecovered: (lost) => log.event("monitor-file-recovered", { path, lost }),
    });
  const write = ({ file, identity }: Watched, isUp: boolean, message?: string) =>
    file.add(monitorLine(Date.now(), process.pid, identity, isUp, message));

  /** The rounds in which no probe runs: a server in maintenance, and one of which nothing is asked. */
  const writeUnasked = (all: readonly Watched[]) => {
    for (const each of all) {
      const { serviceId: service, real, source } = each.spec;
      if (view.maintenance(service, real) !== undefined) {
        write(each, false, "Server in maintenance");
      } else if (each.virtual.checkType === "negotiate" && isUp(source)) {
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
    replace(virtuals, specs) {
      forget();
      const wanted = new Set(
        virtuals.flatMap(({ key, monitorFile }) =>
          monitorFile === undefined ? [] : serviceId(key),
        ),
      );
      const planned = new Map<string, MonitorSpec>();
      for (const spec of specs) if (wanted.has(spec.serviceId)) planned.set(spec.id, spec);
      const before = new Map(files);
      files.clear();
      for (const virtual of virtuals) {
        const path = virtual.monitorFile;
        if (path === undefined) continue;
        const file = files.get(path) ?? before.get(path) ?? fileAt(path);
        files.set(path, file);
        const service = serviceId(virtual.key);
        const all = virtual.reals.flatMap((real): Watched[] => {
          const spec = planned.get(monitorId(service, real.endpoint));
          const identity = checkIdentity(virtual, real);
          return spec === undefined ? [] : [{ file, virtual, spec, identity }];
        });
        for (const each of all) watched.set(each.spec.id, each);
        timers.push(setInterval(() => writeUnasked(all), virtual.checkIntervalMs));
      }
    },
    onVerdict(spec, verdict, asked) {
      const each = watched.get(spec.id);
      if (each === undefined || !isMonitored(each.virtual, verdict)) return;
      write(each, verdict.up, asked === "main" ? messageOf(spec, verdict) : undefined);
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

const isUp = (source: MonitorSpec["source"]): boolean =>
  source.kind === "fixed" && source.state === "up";
