import { setTimeout as pause } from "node:timers/promises";
import type { WebServer } from "./web-servers.ts";

/** What happens to the real servers, over and over, until `signal` aborts. */
export async function tellStory(
  servers: readonly WebServer[],
  say: (chapter: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const [, second] = servers;
  const all = (act: "start" | "stop") => Promise.all(servers.map((server) => server[act]()));
  const chapters: readonly (readonly [chapter: string, seconds: number, act: () => unknown])[] = [
    ["All real servers answer.", 5, () => undefined],
    ["web2 has stopped: it leaves the table.", 6, () => second?.stop()],
    ["web2 is back: one good check and it has its weight again.", 5, () => second?.start()],
    ["All have stopped: the sorry server steps in.", 6, () => all("stop")],
    ["All are back: the sorry server leaves.", 6, () => all("start")],
  ];
  try {
    for (;;) {
      for (const [chapter, seconds, act] of chapters) {
        say(chapter);
        await act();
        await pause(seconds * 1000, undefined, { signal });
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
