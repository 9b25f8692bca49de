/** The page of a daemon of this process, on a port of loopback. */
import { createPage, type Page } from "../../../src/page/page.ts";
import type { StateHistory } from "../../../src/page/state-history.ts";
import { openWeb } from "../../../src/web/listener.ts";
import type { ControlledDaemon } from "../controlled-daemon.ts";
import { memoryLog } from "../fakes/memory-log.ts";

export interface OpenedPage {
  /** `http://127.0.0.1:41234/` */
  readonly url: string;
  /** Mistakes of the program. */
  readonly bugs: readonly string[];
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openPage(
  { director }: Pick<ControlledDaemon, "director">,
  { history, host = "lb1.example" }: { history?: StateHistory; host?: string } = {},
): Promise<OpenedPage> {
  const bugs: string[] = [];
  const onBug = (stack: string) => bugs.push(stack);
  const page: Page = createPage({
    ...{ director, host, epoch: "test", onBug },
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
    bugs,
    async [Symbol.asyncDispose]() {
      page.stop();
      await web.close();
    },
  };
}
