#!/usr/bin/env node
// `npm start`: sets up what a fresh clone lacks, then runs the show (main.ts).
import { build, install } from "../../packaging/setup.mjs";

if (!install({ mayDiffer: true }) || !build()) {
  console.error("npm start: the set-up failed, see above; nothing was started");
  process.exit(1);
}
const { main } = await import("../../dist/examples/demo/main.js");
process.exitCode = await main(process.argv.slice(2));
