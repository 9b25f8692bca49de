import { Agent } from "./agent.ts";
import type { Namespace } from "./namespace.ts";

export interface RealServerSetting {
  readonly name: string;
  readonly ports?: readonly number[];
  readonly tlsPorts?: readonly number[];
  /** Files in PEM, for `tlsPorts`. */
  readonly key?: string;
  readonly cert?: string;
  /** What it says before its name on these paths; elsewhere "This is". */
  readonly pages?: Readonly<Record<string, string>>;
  /** It has a processor before all other programs. */
  readonly isFirst?: boolean;
}

/** A web server in a namespace; it dies and returns as often as a test wants. */
export class RealServer {
  readonly #namespace: Namespace;
  readonly #setting: RealServerSetting;
  #agent: Agent | undefined;

  private constructor(namespace: Namespace, setting: RealServerSetting) {
    this.#namespace = namespace;
    this.#setting = setting;
  }

  static async start(namespace: Namespace, setting: RealServerSetting): Promise<RealServer> {
    const server = new RealServer(namespace, setting);
    await server.restart();
    return server;
  }

  async restart(): Promise<void> {
    await this.kill();
    this.#agent = await Agent.start(this.#namespace, "./real-server.mjs", this.#setting);
  }

  /** Its process is gone, its ports refuse. */
  async kill(): Promise<void> {
    await this.#agent?.kill();
    this.#agent = undefined;
  }

  /** The process stays, these ports refuse. */
  async refuse(...ports: readonly number[]): Promise<void> {
    await this.#agent?.ask({ refuse: ports });
  }

  async serve(...ports: readonly number[]): Promise<void> {
    await this.#agent?.ask({ serve: ports });
  }
}
