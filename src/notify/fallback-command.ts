import { formatEndpoint } from "../model/address.ts";
import { serviceId, type VirtualService } from "../model/virtual-service.ts";
import type { CommandRunner } from "./command.ts";

/** start: no real server is up any more; stop: one is again. */
export type FallbackWord = "start" | "stop";

const timeoutSec = 30;

/** `COMMAND start|stop VIP:VPORT PROTO`, for the shell; a mark has no address and no port: `:0 fwm`. */
export function fallbackCommandLine(
  command: string,
  word: FallbackWord,
  { key }: Pick<VirtualService, "key">,
): string {
  if (key.kind === "fwmark") return `${command} ${word} :0 fwm`;
  return `${command} ${word} ${formatEndpoint(key.endpoint)} ${key.protocol}`;
}

/**
 * Runs the `fallbackcommand` of virtual services: of one service never two at once. Changes of mind while one
 * runs come down to the last word, so a slow command never falls behind the servers.
 */
export function createFallbackCommands(
  runner: CommandRunner,
): (service: VirtualService, word: FallbackWord) => void {
  interface Lane {
    readonly now: FallbackWord;
    next?: { readonly service: VirtualService; readonly word: FallbackWord };
  }
  const lanes = new Map<string, Lane>();

  const run = async (id: string, service: VirtualService, word: FallbackWord): Promise<void> => {
    if (service.fallbackCommand === undefined) return;
    const lane: Lane = { now: word };
    lanes.set(id, lane);
    const line = fallbackCommandLine(service.fallbackCommand, word, service);
    await runner.run({ command: { kind: "shell", line }, timeoutSec });
    lanes.delete(id);
    if (lane.next !== undefined) await run(id, lane.next.service, lane.next.word);
  };

  return (service, word) => {
    const id = serviceId(service.key);
    const lane = lanes.get(id);
    if (lane === undefined) void run(id, service, word);
    else if (word === lane.now) delete lane.next;
    else lane.next = { service, word };
  };
}
