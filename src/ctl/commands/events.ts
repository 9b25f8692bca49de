/** `ldirectorctl events`: what the daemon has logged, from its memory. */
import { printable } from "../../model/one-line.ts";
import { sayTime } from "../../orders/say-order.ts";
import type { CtlCommand, SharedOptions } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { withDaemon } from "../with-daemon.ts";

interface EventsOptions extends SharedOptions {
  readonly follow?: boolean;
  readonly since?: number;
  readonly json?: boolean;
}

interface EventLine {
  readonly time: number;
  readonly severity: string;
  readonly text: string;
  readonly fields: Readonly<Record<string, string | number>>;
}

export const eventsCommand: CtlCommand = (program, context) => {
  const { screen } = context;
  program
    .command("events")
    .argument("[real]", "only those that name this real server, or virtual service")
    .option("--follow", "and what comes, until you end it")
    .option(
      "--since <time>",
      "of the last 90s, 10m, 2h; without it, all that is kept",
      parseDuration,
    )
    .option("--json", "a line of JSON each")
    .description("what the daemon has logged, from a bounded memory, oldest first")
    .addHelpText("after", "\nExit: 0 done, 1 refused, 3 no daemon, 64 wrong command line.")
    .action(
      withDaemon<EventsOptions>(context, async (daemon, { follow, since, json }, [about]) => {
        const query = {
          since: since === undefined ? undefined : String(Math.max(0, Date.now() - since * 1000)),
          follow: follow === true ? "yes" : undefined,
        };
        for await (const each of daemon.follow("/v1/events", { query })) {
          const line = each as EventLine;
          if (about !== undefined && !isAbout(line, about)) continue;
          screen.out(json === true ? `${JSON.stringify(line)}\n` : `${textOf(line)}\n`);
        }
        return 0;
      }),
    );
};

const textOf = ({ time, severity, text }: EventLine): string =>
  `${sayTime(time)} ${severity.padEnd(7)} ${printable(text)}`;

/** By its fields, or where it has none for it, by its words. */
function isAbout({ fields, text }: EventLine, about: string): boolean {
  const wanted = withoutProtocol(about);
  const host = wanted.replace(/^\[(.*)\]$/, "$1");
  // A mark is a number, as much else in a text is.
  const places = /^\d+$/.test(wanted) ? [] : [text];
  return [fields["real"], fields["virtual"], fields["row"], ...places].some((place) =>
    String(place ?? "")
      .split(/[\s(),]+/)
      .map((word) => withoutProtocol(word.replace(/:$/, "")))
      .some((word) => word === wanted || hostOf(word) === host),
  );
}

const withoutProtocol = (text: string): string => text.replace(/^(tcp|udp|fwm6?):/, "");

/** `10.0.0.3` of `10.0.0.3:80`, `fd00::2` of `[fd00::2]:80`. */
const hostOf = (text: string): string => text.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
