/** `ldirectorctl maintenance`: a real server, or all of a virtual service, out and unchecked, as by a file in maintenancedir. */
import { InvalidArgumentError } from "commander";
import { sayTime } from "../../orders/say-order.ts";
import type { CtlCommand, SharedOptions } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { type Done, sayDone } from "../say-done.ts";
import { withDaemon } from "../with-daemon.ts";

interface MaintenanceOptions extends SharedOptions {
  readonly for?: number;
  readonly in?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

export const maintenanceCommand: CtlCommand = (program, context) => {
  const { screen } = context;
  program
    .command("maintenance")
    .argument("<what...>", "real servers or virtual services, and then on or off", collect)
    .usage("[options] <what...> on|off")
    .option("--for <time>", "ends by itself then: 90s, 10m, 2h", parseDuration)
    .option("--in <virtual>", "only in this virtual service")
    .option("--reason <text>", "shown wherever the maintenance is")
    .option("--json", "what was done, as JSON")
    .description(
      "takes real servers out, and back; nobody checks them meanwhile, and no alert is sent",
    )
    .addHelpText("after", "\nExit: 0 done, 1 refused, 3 no daemon, 64 wrong command line.")
    .action(
      withDaemon<MaintenanceOptions>(context, async (daemon, options, [words]) => {
        const given = [...((words ?? []) as unknown as readonly string[])];
        const wish = given.pop();
        if ((wish !== "on" && wish !== "off") || given.length === 0) {
          screen.err("error: name a real server or a virtual service, and then on or off\n");
          return 64;
        }
        const path = wish === "on" ? "/v1/maintenance" : "/v1/maintenance/off";
        const on = wish === "on" && { forSec: options.for, reason: options.reason };
        for (const what of given) {
          const body = { what, virtual: options.in, ...on };
          const done = (await daemon.ask("POST", path, { body })).body as Done;
          if (options.json === true) screen.out(`${JSON.stringify(done)}\n`);
          else {
            sayDone(screen, done, (order) => {
              if (wish === "off") return "is in maintenance no more";
              const until = order.kind === "maintenance" ? order.until : undefined;
              return `in maintenance${until === undefined ? ", until you end it" : ` until ${sayTime(until)}`}`;
            });
          }
        }
        return 0;
      }),
    );
};

const maxServers = 1000;

function collect(word: string, before: readonly string[] = []): readonly string[] {
  if (before.length > maxServers)
    throw new InvalidArgumentError(`More than ${maxServers} at once.`);
  return [...before, word];
}
