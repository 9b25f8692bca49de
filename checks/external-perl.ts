import type { Check } from "./check.ts";
import { prepareProgram } from "./lib/program/check-program.ts";

/** `checkcommand` is a Perl program; it need not be executable. `exit 0`, or no `exit` at all, is up. */
const externalPerl: Check = {
  services: [],
  checkType: "external-perl",
  needsPort: false,
  isOfMainThread: true,
  prepare: (settings) => prepareProgram(["perl", settings.checkCommand], settings),
};
export default externalPerl;
