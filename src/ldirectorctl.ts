#!/usr/bin/env node
import { ownTerminal } from "./commands/terminal.ts";
import { runCtl } from "./ctl/program.ts";
import { exitNow } from "./process/exit-now.ts";

const { isTTY, columns, rows } = process.stdout;
const screen = {
  ...ownTerminal,
  columns: isTTY ? columns : undefined,
  rows: isTTY ? rows : undefined,
  hasColour: isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb",
};
exitNow(await runCtl(process.argv.slice(2), screen));
