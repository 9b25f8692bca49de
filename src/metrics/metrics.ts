import type { IncomingMessage, ServerResponse } from "node:http";
import type { Verdict } from "../../checks/check.ts";
import { inTurns } from "../config/turns.ts";
import type { Daemon } from "../daemon/daemon.ts";
import type { MonitorSpec } from "../health/plan.ts";
import { Shared } from "../http/shared.ts";
import { writePieces } from "../http/write-pieces.ts";
import type { MetricsSettings } from "../ini/metrics-keys.ts";
import type { Logger } from "../log/logger.ts";
import { tappedLog } from "../log/tapped-log.ts";
import { stackOf } from "../model/error-text.ts";
import type { ServiceState } from "../status/snapshot.ts";
import type { KeptWeb } from "../web/kept-web.ts";
import type { Counting } from "./counting.ts";
import { scraping } from "./scrape.ts";

/** Numbers for Prometheus, as `[metrics]` wants them: without it, next to nothing. */
export interface Metrics {
  /** For the daemon, in place of its own: what it tells is counted. */
  readonly log: Logger;
  /** Each verdict, likewise. */
  readonly onVerdict: (spec: MonitorSpec, verdict: Verdict, durationMs: number) => void;
  /** Counts from now on, where these want it. Never rejects. */
  count(settings: MetricsSettings | undefined): Promise<void>;
  /** The same, and shows it where these want it. Never rejects. */
  follow(settings: MetricsSettings | undefined): Promise<void>;
  /** Where they are to be had now. */
  address(): string | undefined;
  close(): Promise<void>;
}

export interface MetricsOptions {
  readonly log: Logger;
  /** Undefined before its table is set up. */
  readonly daemon: () => Pick<Daemon, "snapshot" | "health" | "kernel" | "queues"> | undefined;
  readonly version: string;
  /** See keepWeb. */
  readonly retryMs?: number;
}

const usualMostServers = 5_000;

export function createMetrics({ log, daemon, version, retryMs }: MetricsOptions): Metrics {
  let counting: Counting | undefined;
  let settings: MetricsSettings = {};
  let web: KeptWeb | undefined;
  /** Whether it was told that there are too many real servers. */
  let isTold = false;

  const isDetailed = (servers: number): boolean => {
    const max = settings.maxServers ?? usualMostServers;
    const areTooMany = servers > max;
    if (areTooMany && !isTold) log.event("metrics-limited", { servers, max });
    isTold = areTooMany;
    return !areTooMany;
  };

  /** @returns undefined while there is nothing to show yet */
  const scrape = async (): Promise<readonly Uint8Array[] | undefined> => {
    const director = daemon();
    const counted = counting;
    if (director === undefined || counted === undefined) return undefined;
    const [snapshot, counters] = await Promise.all([
      director.snapshot(),
      director.kernel.counters().catch(() => undefined),
    ]);
    const named = new Map(snapshot.services.map((service) => [service.id, realsOf(service)]));
    counted.tally.keep(named);
    const seen = {
      ...{ snapshot, counters },
      versions: { ldirectord: version, node: process.versions.node },
      health: director.health(),
      tally: counted.tally,
      isDetailed:
        settings.servers !== false &&
        isDetailed([...named.values()].reduce((sum, { size }) => sum + size, 0)),
      queues: director.queues(),
    };
    const own = Buffer.from(await counted.text());
    return [...(await inTurns(scraping(seen))), own];
  };
  const scrapes = new Shared(scrape);

  const count = async (next: MetricsSettings | undefined): Promise<void> => {
    settings = next ?? {};
    scrapes.outdate();
    if (settings.listen === undefined) {
      counting?.stop();
      counting = undefined;
    } else if (counting === undefined) {
      try {
        const { startCounting } = await import("./counting.ts");
        counting ??= startCounting();
      } catch (error) {
        // A director without numbers is better than none.
        log.event("internal-error", { stack: stackOf(error) });
      }
    }
  };

  const follow = async (next: MetricsSettings | undefined): Promise<void> => {
    await count(next);
    if (web === undefined && settings.listen !== undefined) {
      const { keepWeb } = await import("../web/kept-web.ts");
      web ??= keepWeb({ log, serve: serving(scrapes), ...(retryMs !== undefined && { retryMs }) });
    }
    await web?.follow(settings);
  };

  return {
    log: tappedLog(log, () => counting),
    onVerdict: (spec, verdict, durationMs) => counting?.onVerdict(spec, verdict, durationMs),
    count,
    follow,
    address: () => web?.address(),
    close: async () => {
      await web?.close();
      counting?.stop();
      counting = undefined;
    },
  };
}

const realsOf = ({ servers }: ServiceState): ReadonlySet<string> =>
  new Set(servers.filter(({ role }) => role === "real").map(({ server }) => server));

const serving =
  (scrapes: Shared<readonly Uint8Array[] | undefined>) =>
  async (request: IncomingMessage, response: ServerResponse, gone: AbortSignal): Promise<void> => {
    const [path] = (request.url ?? "").split("?", 1);
    if (path === "/") return plain(response, 200, "ldirectord-ng: /metrics\n");
    if (path !== "/metrics") return plain(response, 404, "there is only /metrics\n");
    const pieces = await scrapes.get();
    if (pieces === undefined) return plain(response, 503, "the table is not set up yet\n");
    response.writeHead(200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" });
    await writePieces(response, pieces, gone);
  };

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(text);
}
