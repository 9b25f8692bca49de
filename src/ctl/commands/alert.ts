/** `ldirectorctl alert`: who is told of incidents, and whether a message arrives. */
import type { AlertShown } from "../../incidents/keeper.ts";
import { printable } from "../../model/one-line.ts";
import type { CtlCommand, SharedOptions } from "../command.ts";
import type { Screen } from "../screen.ts";
import { withDaemon } from "../with-daemon.ts";

interface Options extends SharedOptions {
  readonly test?: boolean;
  readonly json?: boolean;
}

export const alertCommand: CtlCommand = (program, context) => {
  const { screen } = context;
  program
    .command("alert")
    .argument("[name]", "of its section: ops for [alert ops]; default: all")
    .option(
      "--test",
      "sends it a message that says that it is a test, and waits for what becomes of it",
    )
    .option("--json", "as JSON")
    .description("shows who is told of incidents, and tries whether a message arrives")
    .addHelpText(
      "after",
      "\nExit: 0 fine, 1 refused, 2 it can not be told, 3 no daemon, 64 wrong command line.",
    )
    .action(
      withDaemon<Options>(context, async (daemon, { test, json }, [name]) => {
        const { alerts = [] } = (await daemon.ask("GET", "/v1/alerts")).body as {
          alerts?: readonly AlertShown[];
        };
        const asked = alerts.filter((each) => name === undefined || each.name === name);
        if (name !== undefined && asked.length === 0) {
          const names = alerts.map((each) => each.name).join(", ");
          screen.err(`there is no [alert ${name}]${names === "" ? "" : `; there is ${names}`}\n`);
          return 1;
        }
        if (test !== true) {
          if (json === true) screen.out(`${JSON.stringify({ alerts: asked })}\n`);
          else show(screen, asked);
          return asked.some(({ trouble }) => trouble !== undefined) ? 2 : 0;
        }
        const results = await Promise.all(
          asked.map(async (each) => {
            const { body } = await daemon.ask("POST", "/v1/alerts/test", {
              body: { alert: each.name },
            });
            return { name: each.name, to: each.to, ...(body as { sent: boolean; cause?: string }) };
          }),
        );
        if (json === true) screen.out(`${JSON.stringify({ alerts: results })}\n`);
        else {
          for (const { name: of, to, sent, cause = "" } of results) {
            const result = sent ? "taken" : `failed: ${printable(cause)}`;
            screen.out(`${of} by ${to}: ${result}\n`);
          }
        }
        return results.every(({ sent }) => sent) ? 0 : 2;
      }),
    );
};

function show(screen: Screen, alerts: readonly AlertShown[]): void {
  if (alerts.length === 0) screen.out("nobody: there is no [alert NAME] in ldirectord-ng.ini\n");
  for (const { name, to, open, waiting, trouble } of alerts) {
    const incidents = `${open} ${open === 1 ? "incident" : "incidents"} open`;
    const messages =
      waiting > 0 ? `, ${waiting} ${waiting === 1 ? "message" : "messages"} waiting` : "";
    const failed = trouble === undefined ? "" : `, the last try failed: ${printable(trouble)}`;
    screen.out(`${name} by ${to}: ${incidents}${messages}${failed}\n`);
  }
}
