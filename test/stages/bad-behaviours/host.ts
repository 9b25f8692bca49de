import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Endpoint } from "../../../src/model/address.ts";
import type { Behaviour } from "./behaviours.ts";

interface ServerPlan {
  readonly transport: "tcp" | "udp";
  readonly address: string;
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** One of attacks.mjs, by its name. */
interface AttackPlan extends ServerPlan {
  readonly attack: string;
}

interface TalkPlan extends ServerPlan {
  /** A name of conversations.mjs. */
  readonly conversation: string;
  /** `no accept`: as a black hole, the connection request gets no answer. `right`: nothing is wrong with it. */
  readonly behaviour: Behaviour | "no accept" | "right";
  /** It says so much of the conversation, and no more. */
  readonly quietAfter?: number;
  /** Of `trickle`: a byte so often. */
  readonly trickleMs?: number;
  /** Floods come in measure, for who watches memory meanwhile. */
  readonly slowly?: boolean;
  readonly redirectTo?: string;
}

export interface BadServer extends AsyncDisposable {
  readonly endpoint: Endpoint;
}

export interface Host extends AsyncDisposable {
  open(plan: TalkPlan | AttackPlan): Promise<BadServer>;
}

/**
 * The process that has the servers (host.mjs).
 * @param within a command that runs another and becomes it, such as `ip netns exec NAME`
 */
export async function startHost(within: readonly string[] = []): Promise<Host> {
  const script = fileURLToPath(new URL("host.mjs", import.meta.url));
  const [command = "", ...args] = [...within, process.execPath, script];
  const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const waiting = new Map<number, { resolve(port: number): void; reject(error: Error): void }>();
  let ids = 0;
  child.on("exit", (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the host ended (${code})`));
  });
  child.on("message", (message) => {
    const { id, port } = message as { id: number; port: number };
    waiting.get(id)?.resolve(port);
    waiting.delete(id);
  });
  const ask = (id: number, question: object): Promise<number> =>
    new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      child.send({ id, ...question }, (error) => {
        if (error !== null) reject(error);
      });
    });
  return {
    async open(plan) {
      const id = ids++;
      const port = await ask(id, { open: plan });
      return {
        endpoint: { address: plan.address, port },
        async [Symbol.asyncDispose]() {
          await ask(id, { close: true });
        },
      };
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}
