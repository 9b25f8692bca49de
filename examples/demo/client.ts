import { get } from "node:http";
import type { Endpoint } from "../../src/model/address.ts";

/** What became of requests, counted since something. */
export interface Counted {
  /** Goes after "since". */
  readonly since: string;
  readonly answered: number;
  /** By who had them. */
  readonly failedBy: ReadonlyMap<string, number>;
}

const everyMs = 50;
const patienceMs = 1_000;

/** Asks all the time, whatever became of the requests before. */
export class Client {
  readonly #whom: () => Endpoint | undefined;
  readonly #nameOf: (endpoint: Endpoint) => string;
  readonly #timer: NodeJS.Timeout;
  #counted = { since: "the start", answered: 0, failedBy: new Map<string, number>() };

  /**
   * @param whom to ask next; undefined when there is nobody, which is a failed request too
   * @param nameOf what to call it when it fails
   */
  constructor(whom: () => Endpoint | undefined, nameOf: (endpoint: Endpoint) => string) {
    this.#whom = whom;
    this.#nameOf = nameOf;
    this.#timer = setInterval(() => void this.#ask(), everyMs);
  }

  get counted(): Counted {
    return this.#counted;
  }

  /** Counts from here; what is under way counts where it began. */
  countSince(since: string): void {
    this.#counted = { since, answered: 0, failedBy: new Map() };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #ask(): Promise<void> {
    const counted = this.#counted;
    const endpoint = this.#whom();
    if (endpoint !== undefined && (await answers(endpoint))) {
      counted.answered++;
    } else {
      const name = endpoint === undefined ? "no server in the table" : this.#nameOf(endpoint);
      counted.failedBy.set(name, (counted.failedBy.get(name) ?? 0) + 1);
    }
  }
}

/** Whether a request, on a connection of its own, is answered in time. */
export function answers({ address, port }: Endpoint): Promise<boolean> {
  const signal = AbortSignal.timeout(patienceMs);
  return new Promise((resolve) => {
    get({ host: address, port, agent: false, signal }, (response) => {
      response
        .on("error", () => resolve(false))
        .on("end", () => resolve(response.statusCode === 200));
      response.resume();
    }).on("error", () => resolve(false));
  });
}
