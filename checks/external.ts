import type { Check } from "./check.ts";
import { prepareProgram } from "./lib/program/check-program.ts";

/** `checkcommand` says it by its exit status. It is started as it stands: no shell, no words split. */
const external: Check = {
  services: [],
  checkType: "external",
  needsPort: false,
  isOfMainThread: true,
  prepare: (settings) => prepareProgram([settings.checkCommand], settings),
};
export default external;
