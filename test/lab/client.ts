import { Agent } from "./agent.ts";
import type { Namespace } from "./namespace.ts";

/** One request: what came back, or why nothing did. `at` is when it began, in epoch milliseconds. */
export type Answer =
  | { readonly at: number; readonly body: string; readonly error?: undefined }
  | { readonly at: number; readonly error: string; readonly body?: undefined };

/** How often each body came, and how often each error. */
export type Spread = Readonly<Record<string, number>>;

export function spread(answers: readonly Answer[]): Spread {
  const counts: Record<string, number> = {};
  for (const { body, error } of answers) {
    const key = error === undefined ? body : `error: ${error}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** A machine that asks a virtual service for pages. */
export class Client {
  readonly #agent: Agent;

  private constructor(agent: Agent) {
    this.#agent = agent;
  }

  static async start(namespace: Namespace): Promise<Client> {
    return new Client(await Agent.start(namespace, "./client.mjs", {}));
  }

  /** @param from the client's own address, where it has several */
  async get(url: string, count = 1, from?: string): Promise<Answer[]> {
    return (await this.#agent.ask({ get: url, count, from })) as Answer[];
  }

  async spread(url: string, count: number, from?: string): Promise<Spread> {
    return spread(await this.get(url, count, from));
  }

  async startLoad(url: string, everyMs: number): Promise<void> {
    await this.#agent.ask({ load: url, everyMs });
  }

  async stopLoad(): Promise<Answer[]> {
    return (await this.#agent.ask({ stop: true })) as Answer[];
  }

  /** Opens connections, and says nothing on them until `finishConnections`. */
  async openConnections(url: string, count: number): Promise<void> {
    await this.#agent.ask({ open: url, count });
  }

  /** Asks for the page on each, and ends it. */
  async finishConnections(): Promise<Answer[]> {
    return (await this.#agent.ask({ finish: true })) as Answer[];
  }

  async dropConnections(): Promise<void> {
    await this.#agent.ask({ drop: true });
  }

  kill(): Promise<void> {
    return this.#agent.kill();
  }
}
