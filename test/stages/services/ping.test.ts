import { expect, test } from "vitest";
import { pingByProgram } from "../../../checks/lib/icmp/ping-program.ts";
import { loopbacks } from "../../support/servers/scripted.ts";

test.for(loopbacks)(
  "the system's ping program is asked where no socket may be opened, on %s",
  async (address) => {
    expect(await pingByProgram(address, 5000, new AbortController().signal)).toBe(true);
  },
);
