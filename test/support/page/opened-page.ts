/** The page of a daemon of this process, on a port of loopback. */
import { createPage, type Page } from "../../../src/page/page.ts";
import type { StateHistory } from "../../../src/page/state-history.ts";
import { openWeb } from "../../../src/web/listener.ts";
import type { ControlledDaemon } from "../controlled-daemon.ts";
import { memoryLog } from "../fakes/memory-log.ts";

export interface OpenedPage {
  /** `http://127.0.0.1:41234/` */
  readonly url: string;
  /** When each look at the daemon began; epoch milliseconds. */
  readonly looks: readonly number[];
  /** Mistakes of the program. */
  readonly bugs: readonly string[];
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openPage(
  { director }: Pick<ControlledDaemon, "director">,
  { history, host = "lb1.example" }: { history?: StateHistory; host?: string } = {},
): Promise<OpenedPage> {
  const bugs: string[] = [];
  const looks: number[] = [];
  const snapshot = () => {
    looks.push(Date.now());
    return director.snapshot();
  };
  const onBug = (stack: string) => bugs.push(stack);
  const page: Page = createPage({
    ...{ director: { ...director, snapshot }, host, epoch: "test", onBug },
    ...(history && { history }),
  });
  const log = memoryLog();
  const web = await openWeb({
    listen: "127.0.0.1:0",
    log,
    serve: page.serve,
    limits: { connections: 1_000 },
  });
  if (web === undefined) throw new Error("the page could not be opened");
  return {
    url: `http://${web.address}/`,
    ...{ looks, bugs },
    async [Symbol.asyncDispose]() {
      page.stop();
      await web.close();
    },
  };
}
