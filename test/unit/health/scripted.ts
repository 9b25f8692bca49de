import type { Verdict } from "../../../checks/check.ts";
import {
  type Check,
  type CheckSettings,
  down,
  type PreparedProbe,
  up,
} from "../../../checks/check.ts";
import type { CheckLookup, ProbeSpec } from "../../../src/health/plan.ts";
import { err, ok } from "../../../src/model/result.ts";
import { endpoint } from "../../support/builders.ts";
import { services as serviceWords } from "../../support/services.ts";

export const fine = up("fine");
export const refused = down("refused", "connection refused");

/** An error as Node's sockets give it when this machine is out of descriptors. */
export const outOfDescriptors = (): Error =>
  Object.assign(new Error("connect EMFILE"), { code: "EMFILE", syscall: "connect" });

/** What one run does: an answer, none, none even when told to end, a good one when told to end, an error. */
export type Act = Verdict | "silent" | "stuck" | "late" | Error;

/** A probe whose runs follow `act`; it notes its starts and how many were under way at once. */
export class ScriptedProbe {
  readonly starts: number[] = [];
  readonly targets: string[] = [];
  underWay = 0;
  mostUnderWay = 0;
  readonly #act: (run: number) => Act;

  constructor(act: Act | ((run: number) => Act)) {
    this.#act = typeof act === "function" ? act : () => act;
  }

  prepared(timeoutMs = 3000): PreparedProbe {
    return {
      timeoutMs,
      probeKey: "scripted",
      probe: async (target, signal) => {
        this.targets.push(target.address);
        const act = this.#act(this.starts.push(performance.now()) - 1);
        this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
        try {
          if (act === "stuck") return await new Promise<never>(() => {});
          if (act === "silent") {
            return await new Promise<never>((_, reject) => {
              signal.addEventListener("abort", () => reject(signal.reason));
            });
          }
          if (act === "late") {
            return await new Promise((resolve) => {
              signal.addEventListener("abort", () => resolve(fine));
            });
          }
          if (act instanceof Error) throw act;
          return act;
        } finally {
          this.underWay--;
        }
      },
    };
  }

  spec(id: string, more: Partial<ProbeSpec> = {}): ProbeSpec {
    const target = endpoint("10.0.0.3:80");
    return { id, name: id, target, intervalMs: 10_000, main: this.prepared(), ...more };
  }
}

/** Checks that ask nobody; `http` refuses the pattern "(". */
export function fakeChecks(): CheckLookup {
  const check = (needsPort: boolean, timeout: (settings: CheckSettings) => number): Check => ({
    services: [],
    needsPort,
    prepare: (settings) => {
      if (settings.receive === "(") return err(['receive="(": a parenthesis is never closed']);
      if (settings.request === "/nothing") return ok({ staysDown: "there is nothing to ask" });
      const { request, receive, login, passwd } = settings;
      const probeKey = JSON.stringify([request, receive, login, passwd?.reveal()]);
      return ok({ probe: () => Promise.resolve(fine), timeoutMs: timeout(settings), probeKey });
    },
  });
  const byNegotiateTimeout = check(true, (settings) => settings.negotiateTimeoutMs);
  const services = new Map([
    ["http", byNegotiateTimeout],
    ["https", byNegotiateTimeout],
    ["none", { ...byNegotiateTimeout, prepare: () => ok({ staysUp: "not checked" }) }],
  ]);
  const words = new Map([
    ["connect", check(true, (settings) => settings.checkTimeoutMs)],
    ["ping", check(false, (settings) => settings.checkTimeoutMs * settings.checkCount)],
    ["external", check(false, (settings) => settings.checkTimeoutMs)],
  ]);
  return {
    byService: (name) => services.get(name),
    byCheckType: (word) => words.get(word),
    services: () => serviceWords,
  };
}
