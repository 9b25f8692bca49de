/** `ldirectorctl weight`: another weight than the file's, for a time. */
import { InvalidArgumentError } from "commander";
import { sayTime } from "../../orders/say-order.ts";
import type { Snapshot } from "../../status/snapshot.ts";
import type { CtlCommand, SharedOptions } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { handWeights } from "../hand-weights.ts";
import { type Done, sayDone } from "../say-done.ts";
import { withDaemon } from "../with-daemon.ts";

interface WeightOptions extends SharedOptions {
  readonly for?: number;
  readonly untilRestart?: boolean;
  readonly in?: string;
  readonly reason?: string;
  readonly list?: boolean;
  readonly reset?: boolean;
  readonly json?: boolean;
}

export const weightCommand: CtlCommand = (program, context) => {
  const { screen } = context;
  program
    .command("weight")
    .argument("[real]", "the real server: 10.0.0.3:80, or 10.0.0.3 for every port")
    .argument("[weight]", "0 to 65535", parseWeight)
    .option("--for <time>", "ends by itself then: 90s, 10m, 2h", parseDuration)
    .option("--until-restart", "ends when the daemon is started anew; so it is without --for")
    .option("--in <virtual>", "only in this virtual service")
    .option("--reason <text>", "shown wherever the weight is")
    .option("--list", "all weights that are not the file's, those set by ipvsadm too")
    .option("--reset", "the file's weight again: of the real server, or of all")
    .option("--json", "as JSON")
    .description("gives a real server another weight than the file, for a time")
    .addHelpText("after", "\nExit: 0 done, 1 refused, 3 no daemon, 64 wrong command line.")
    .action(
      withDaemon<WeightOptions>(context, async (daemon, options, [real, weight]) => {
        if (options.list === true) {
          const { body } = await daemon.ask("GET", "/v1/status");
          const found = handWeights(body as Snapshot);
          if (options.json === true) screen.out(`${JSON.stringify({ weights: found })}\n`);
          else for (const { text } of found) screen.out(`${text}\n`);
          return 0;
        }
        if (options.reset === true) {
          const all = real === undefined ? true : undefined;
          const request = { body: { what: real, virtual: options.in, all } };
          const { body } = await daemon.ask("POST", "/v1/weight/reset", request);
          if (options.json === true) screen.out(`${JSON.stringify(body)}\n`);
          else sayDone(screen, body as Done, () => "has the file's weight again");
          return 0;
        }
        if (real === undefined || weight === undefined) {
          screen.err("error: name a real server and a weight, or say --list or --reset\n");
          return 64;
        }
        if (options.for !== undefined && options.untilRestart === true) {
          screen.err("error: it is --for or --until-restart\n");
          return 64;
        }
        const { body } = await daemon.ask("POST", "/v1/weight", {
          body: {
            what: real,
            virtual: options.in,
            weight,
            forSec: options.for,
            reason: options.reason,
          },
        });
        if (options.json === true) screen.out(`${JSON.stringify(body)}\n`);
        else {
          sayDone(screen, body as Done, (order) => {
            const until = order.kind === "weight" ? order.until : undefined;
            return `weight ${weight}, until ${until === undefined ? "the next start" : sayTime(until)}`;
          });
        }
        return 0;
      }),
    );
};

function parseWeight(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError("It is a whole number from 0 to 65535.");
}
