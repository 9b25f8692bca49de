/** `ldirectorctl drain` and `undrain`: no new connections, until nobody is left or the deadline has come. */
import { setTimeout as wait } from "node:timers/promises";
import { InvalidArgumentError } from "commander";
import { sayDuration } from "../../model/duration.ts";
import type { DrainOrder } from "../../orders/order.ts";
import { sayTime } from "../../orders/say-order.ts";
import type { DaemonClient } from "../client.ts";
import type { CtlCommand, SharedOptions } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { type Done, sayDone } from "../say-done.ts";
import type { Screen } from "../screen.ts";
import { withDaemon } from "../with-daemon.ts";

interface DrainOptions extends SharedOptions {
  readonly deadline: number;
  readonly wait?: boolean;
  readonly then: "stay" | "remove";
  readonly reason?: string;
  readonly json?: boolean;
}

const exits = "\nExit: 0 done, 1 refused, 3 no daemon, 64 wrong command line.";

export const drainCommand: CtlCommand = (program, context) => {
  const { screen } = context;
  program
    .command("drain")
    .argument("<real>", "the real server: 10.0.0.3:80, or 10.0.0.3 for every port")
    .argument("[virtual]", "only in this virtual service")
    .requiredOption("--deadline <time>", "when it ends at the latest: 90s, 10m, 2h", parseDuration)
    .option("--wait", "stay until it has ended, and count what is left")
    .option("--then <what>", "its row at the end: stay (with weight 0) or remove", atEnd, "stay")
    .option("--reason <text>", "shown wherever the drain is")
    .option("--json", "what was ordered, as JSON")
    .description("weight 0, and no new connections, until there are none or the deadline has come")
    .addHelpText("after", exits)
    .action(
      withDaemon<DrainOptions>(context, async (daemon, options, [what, virtual]) => {
        const { body } = await daemon.ask("POST", "/v1/drain", {
          body: {
            what,
            virtual,
            deadlineSec: options.deadline,
            atEnd: options.then,
            reason: options.reason,
          },
        });
        const done = body as Done;
        if (options.json === true && options.wait !== true) screen.out(`${JSON.stringify(done)}\n`);
        else
          sayDone(
            screen,
            done,
            (order) => `drains, until ${sayTime((order as DrainOrder).deadline)} at the latest`,
          );
        const [order] = done.orders;
        if (options.wait === true && order !== undefined)
          await waitFor(order.id, daemon, options, screen);
        return 0;
      }),
    );
};

export const undrainCommand: CtlCommand = (program, context) => {
  const { screen } = context;
  program
    .command("undrain")
    .argument("[real]", "as it was drained")
    .argument("[virtual]", "as it was drained")
    .option("--all", "every drain")
    .option("--json", "what was taken back, as JSON")
    .description("takes a drain back: the server is what its checks and the file make it")
    .addHelpText("after", exits)
    .action(
      withDaemon<SharedOptions & { all?: boolean; json?: boolean }>(
        context,
        async (daemon, { all, json }, [what, virtual]) => {
          if ((what === undefined) !== (all === true)) {
            screen.err("error: name the real server, or say --all\n");
            return 64;
          }
          const { body } = await daemon.ask("POST", "/v1/undrain", {
            body: { what, virtual, all },
          });
          if (json === true) screen.out(`${JSON.stringify(body)}\n`);
          else sayDone(screen, body as Done, () => "is drained no more");
          return 0;
        },
      ),
    );
};

function atEnd(text: string): "stay" | "remove" {
  if (text === "stay" || text === "remove") return text;
  throw new InvalidArgumentError("It is stay or remove.");
}

const lookEveryMs = 1_000;

/** Until the drain has ended; a line for each other count. */
async function waitFor(
  id: number,
  daemon: DaemonClient,
  { json }: DrainOptions,
  screen: Screen,
): Promise<void> {
  let told: number | undefined;
  for (;;) {
    const { body } = await daemon.ask("GET", "/v1/orders");
    const order = (body as Done).orders.find((each) => each.id === id);
    if (order?.kind !== "drain") {
      screen.err("it was taken back\n");
      return;
    }
    if (order.ended !== undefined) {
      const { cause, left, at } = order.ended;
      if (json === true) screen.out(`${JSON.stringify(order)}\n`);
      else {
        const why =
          cause === "idle"
            ? "nobody is connected any more"
            : `the deadline has come, ${left ?? "an unknown number of"} connections are open`;
        screen.out(`drained after ${sayDuration(at - order.at)}: ${why}\n`);
      }
      return;
    }
    if (order.left !== undefined && order.left !== told && json !== true) {
      told = order.left;
      const counted = `${told} ${told === 1 ? "connection" : "connections"}`;
      screen.out(`${counted}, ${sayDuration(order.deadline - Date.now())} left\n`);
    }
    await wait(lookEveryMs);
  }
}
