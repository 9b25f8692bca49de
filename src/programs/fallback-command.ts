import { formatEndpoint } from "../model/address.ts";
import { type FallbackState, serviceId, type VirtualService } from "../model/virtual-service.ts";
import type { CommandRunner } from "./runner.ts";

const timeoutSec = 30;

/** `COMMAND start|stop VIP:VPORT PROTO`, for the shell; a mark has no address and no port: `:0 fwm`. */
export function fallbackCommandLine(
  command: string,
  word: FallbackState,
  { key }: Pick<VirtualService, "key">,
): string {
  if (key.kind === "fwmark") return `${command} ${word} :0 fwm`;
  return `${command} ${word} ${formatEndpoint(key.endpoint)} ${key.protocol}`;
}

export interface FallbackCommands {
  readonly say: (service: VirtualService, word: FallbackState) => void;
  /** `stop` for each of these whose last word was `start`: the director leaves them. */
  readonly leave: (services: readonly VirtualService[]) => void;
}

/**
 * Runs the `fallbackcommand` of virtual services: of one service never two at once. Changes of mind while one
 * runs come down to the last word, so a slow command never falls behind the servers.
 */
export function createFallbackCommands(runner: Pick<CommandRunner, "run">): FallbackCommands {
  interface Lane {
    readonly now: FallbackState;
    next?: { readonly service: VirtualService; readonly word: FallbackState };
  }
  const lanes = new Map<string, Lane>();
  const lastWords = new Map<string, FallbackState>();

  const run = async (id: string, service: VirtualService, word: FallbackState): Promise<void> => {
    if (service.fallbackCommand === undefined) return;
    const lane: Lane = { now: word };
    lanes.set(id, lane);
    const line = fallbackCommandLine(service.fallbackCommand, word, service);
    await runner.run({ command: { kind: "shell", line }, timeoutSec });
    lanes.delete(id);
    if (lane.next !== undefined) await run(id, lane.next.service, lane.next.word);
  };

  const say = (service: VirtualService, word: FallbackState): void => {
    const id = serviceId(service.key);
    lastWords.set(id, word);
    const lane = lanes.get(id);
    if (lane === undefined) void run(id, service, word);
    else if (word === lane.now) delete lane.next;
    else lane.next = { service, word };
  };
  return {
    say,
    leave: (services) => {
      for (const service of services) {
        if (lastWords.get(serviceId(service.key)) === "start") say(service, "stop");
      }
    },
  };
}
