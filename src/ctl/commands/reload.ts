/** `ldirectorctl reload`: reads the configuration again, and says what became of it. */

import type { Changes } from "../../config/changes.ts";
import { printable } from "../../model/one-line.ts";
import type { ReloadState } from "../../status/snapshot.ts";
import type { CtlCommand, SharedOptions } from "../command.ts";
import type { Screen } from "../screen.ts";
import { withDaemon } from "../with-daemon.ts";

export const reloadCommand: CtlCommand = (program, context) => {
  const { screen } = context;
  program
    .command("reload")
    .option("--wait", "it always waits; for who expects to have to say it")
    .option("--json", "what became of it, as JSON")
    .description("has the daemon read its configuration again, and says what that did")
    .addHelpText(
      "after",
      "\nExit: 0 it runs now, 1 refused, 2 mistakes: the one before runs on, 3 no daemon, 64 wrong command line.",
    )
    .action(
      withDaemon<SharedOptions & { json?: boolean }>(context, async (daemon, { json }) => {
        const { reload } = (await daemon.ask("POST", "/v1/reload")).body as {
          reload?: ReloadState;
        };
        if (json === true) screen.out(`${JSON.stringify({ reload })}\n`);
        else if (reload !== undefined) sayReload(screen, reload);
        return reload?.worked === true ? 0 : 2;
      }),
    );
};

function sayReload(screen: Screen, { worked, problems, changes }: ReloadState): void {
  for (const problem of problems) screen.err(`${printable(problem)}\n`);
  if (!worked) {
    screen.err("the configuration before it runs on, unchanged\n");
    return;
  }
  const lines =
    changes === undefined
      ? []
      : [
          ...linesOf("virtual service", changes.services),
          ...linesOf("real server", changes.servers),
        ];
  screen.out(
    lines.length === 0 ? "nothing has changed\n" : lines.map((line) => `${line}\n`).join(""),
  );
}

const marks = { added: "+", changed: "~", removed: "-" } as const;

const linesOf = (what: string, changes: Changes): readonly string[] =>
  (["added", "changed", "removed"] as const).flatMap((how) => {
    const { count, names } = changes[how];
    const more = count - names.length;
    return [
      ...names.map((name) => `${marks[how]} ${what} ${printable(name)}`),
      ...(more > 0 ? [`${marks[how]} and ${more} more`] : []),
    ];
  });
