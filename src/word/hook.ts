import { serviceName, serviceProtocol } from "../model/virtual-service.ts";
import type { CommandRunner } from "../programs/runner.ts";
import type { HealthWord, ServiceHealth } from "./health-word.ts";

export interface HookSettings {
  readonly command: string;
  readonly timeoutSec: number;
}

export interface HealthHook {
  /** From now on this program, which is told each word anew; undefined: none. */
  follow(settings: HookSettings | undefined): void;
  /** How a service is now. Nothing is run while its word is the one that was told, or was never known. */
  say(service: ServiceHealth): void;
  /** Settles when all that was said is told. */
  idle(): Promise<void>;
}

/**
 * Runs `COMMAND VIRTUAL WORD UP OF PROTOCOL` for each word of a virtual service: of one service never two at once, and of
 * several words during one the newest alone.
 */
export function createHealthHook(runner: CommandRunner): HealthHook {
  interface Lane {
    next?: ServiceHealth;
    done?: Promise<void>;
  }
  let settings: HookSettings | undefined;
  /** The last word of each service; "unknown" is as good as none. */
  const told = new Map<string, HealthWord>();
  /** Of those services whose program runs, or waits for its turn. */
  const lanes = new Map<string, Lane>();

  const isNews = ({ id, word }: ServiceHealth) => word !== (told.get(id) ?? "unknown");

  const run = async ({ command, timeoutSec }: HookSettings, service: ServiceHealth) => {
    const { id, key, word, up, of } = service;
    if (word === "unknown") told.delete(id);
    else told.set(id, word);
    const words = [serviceName(key), word, String(up), String(of), serviceProtocol(key)];
    await runner.run({ command: { kind: "program", argv: [command, ...words] }, timeoutSec });
  };
  const empty = async (id: string, lane: Lane): Promise<void> => {
    for (let service = lane.next; service !== undefined; service = lane.next) {
      delete lane.next;
      if (settings !== undefined && isNews(service)) await run(settings, service);
    }
    lanes.delete(id);
  };
  return {
    follow(next) {
      if (next?.command !== settings?.command) told.clear();
      settings = next;
    },
    say(service) {
      const { id } = service;
      const busy = lanes.get(id);
      if (busy !== undefined) busy.next = service;
      else if (settings !== undefined && isNews(service)) {
        const lane: Lane = { next: service };
        lanes.set(id, lane);
        lane.done = empty(id, lane);
      }
    },
    async idle() {
      await Promise.all([...lanes.values()].map(({ done }) => done));
    },
  };
}
