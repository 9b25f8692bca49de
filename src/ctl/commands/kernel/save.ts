/** `ldirectorctl save`: the live table in the words of ipvsadm. */
import type { TableRow } from "../../../ipvs/ipvs.ts";
import type { CtlCommand, SharedOptions } from "../../command.ts";
import { ipvsadmLines } from "../../kernel/ipvsadm-lines.ts";
import { withDaemon } from "../../with-daemon.ts";
import { asJson } from "../../words.ts";

interface SaveOptions extends SharedOptions {
  readonly json?: boolean;
}

export const saveCommand: CtlCommand = (program, context) => {
  program
    .command("save")
    .option("--json", "one object, the rows in parts")
    .description("writes the live table as ipvsadm -S -n does, for ipvsadm -R")
    .addHelpText("after", "\nExit: 0 fine, 1 refused, 3 no daemon.")
    .action(
      withDaemon<SaveOptions>(context, async (daemon, { json = false }) => {
        const { body } = await daemon.ask("GET", "/v1/table");
        const { services } = body as { readonly services: readonly TableRow[] };
        const { out } = context.screen;
        if (json) out(asJson({ services }));
        else for (const line of ipvsadmLines(services)) out(`${line}\n`);
        return 0;
      }),
    );
};
