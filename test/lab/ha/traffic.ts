import { Agent } from "../agent.ts";
import type { Namespace } from "../namespace.ts";
import { until } from "../until.ts";

/** When it began, in epoch milliseconds; how long its answer took, null without one; then what came in its place. */
type Request = readonly [at: number, tookMs: number | null, error: string | null];

export interface Traffic {
  readonly requests: readonly Request[];
  /** Those that were to live: why one did not, and its longest silence. */
  readonly connections: readonly {
    readonly broken: string | null;
    readonly silenceMs: number;
  }[];
  /** What the making of it cost. */
  readonly cpuMs: number;
  readonly lastedMs: number;
  /** The longest that the machine gave it no time. */
  readonly stallMs: number;
}

export interface TrafficSetting {
  /** Each time on a new connection. */
  readonly url: string;
  readonly everyMs: number;
  /** A request without an answer for so long has failed. */
  readonly timeoutMs: number;
  /** Asked for on connections that stay: a path on which the real servers keep them, /stay. */
  readonly stay: string;
  readonly connections: number;
  readonly askMs: number;
  /** The client's own address, where it has several. */
  readonly from?: string;
}

/** As the issue asks for: 200 new requests a second, and 50 long connections. */
export const usualTraffic = (host: string): TrafficSetting => ({
  url: `http://${host}/`,
  everyMs: 5,
  timeoutMs: 2000,
  stay: `http://${host}/stay`,
  connections: 50,
  askMs: 250,
});

/** A machine full of clients. */
export class TrafficSource {
  readonly #agent: Agent;

  private constructor(agent: Agent) {
    this.#agent = agent;
  }

  static async start(namespace: Namespace): Promise<TrafficSource> {
    return new TrafficSource(await Agent.start(namespace, "./ha/traffic.mjs", {}));
  }

  /** Returns when each of the long connections has had an answer. */
  async begin(setting: TrafficSetting): Promise<void> {
    await this.#agent.ask({ begin: true, ...setting });
  }

  /** Until a request has had its answer that was begun after this. */
  async untilAnswered(at: number, deadlineMs?: number): Promise<void> {
    const look = async () => Number(await this.#agent.ask({ answered: true }));
    await until(look, (begun) => begun > at, "a request has its answer", deadlineMs);
  }

  /** @param patienceMs for the answers that long connections wait for */
  async end(patienceMs = 15_000): Promise<Traffic> {
    return (await this.#agent.ask({ rest: patienceMs })) as Traffic;
  }

  kill(): Promise<void> {
    return this.#agent.kill();
  }
}
