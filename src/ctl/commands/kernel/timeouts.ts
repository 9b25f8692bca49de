/** `ldirectorctl timeouts`: after how long the kernel forgets a quiet connection. */
import { maxTimeoutSec, type Timeouts } from "../../../ipvs/ipvs.ts";
import type { CtlCommand, SharedOptions } from "../../command.ts";
import { withDaemon } from "../../with-daemon.ts";
import { asJson, wholeNumber } from "../../words.ts";

interface TimeoutOptions extends SharedOptions, Partial<Timeouts> {
  readonly json?: boolean;
}

const seconds = wholeNumber(1, maxTimeoutSec);

export const timeoutsCommand: CtlCommand = (program, context) => {
  program
    .command("timeouts")
    .option("--tcp <seconds>", "of a TCP connection", seconds)
    .option("--tcp-fin <seconds>", "of a TCP connection whose end has begun", seconds)
    .option("--udp <seconds>", "of UDP", seconds)
    .option("--json", "one object")
    .description("tells after how many seconds the kernel forgets a quiet connection; sets it")
    .addHelpText("after", "\nExit: 0 fine, 1 refused, 3 no daemon, 64 wrong command line.")
    .action(
      withDaemon<TimeoutOptions>(context, async (daemon, { tcp, tcpFin, udp, json = false }) => {
        const isOrder = [tcp, tcpFin, udp].some((each) => each !== undefined);
        const reply = isOrder
          ? await daemon.ask("PUT", "/v1/timeouts", { body: { tcp, tcpFin, udp } })
          : await daemon.ask("GET", "/v1/timeouts");
        const now = reply.body as Timeouts;
        const text = `tcp ${now.tcp} s, tcp-fin ${now.tcpFin} s, udp ${now.udp} s\n`;
        context.screen.out(json ? asJson(now) : text);
        return 0;
      }),
    );
};
