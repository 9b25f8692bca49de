import type { Verdict } from "../../checks/check.ts";
import {
  type Check,
  type CheckSettings,
  down,
  type PreparedProbe,
  up,
} from "../../checks/check.ts";
import type { CheckLookup, MonitorSpec, ProbeSpec } from "../../src/health/plan.ts";
import { monitorId } from "../../src/health/plan.ts";
import type { Endpoint } from "../../src/model/address.ts";
import { err, ok } from "../../src/model/result.ts";
import {
  type ServiceKey,
  serviceId,
  type VirtualService,
} from "../../src/model/virtual-service.ts";

export const fine = up("fine");
export const refused = down("refused", "connection refused");

/** An error as Node's sockets give it when this machine is out of descriptors. */
export const outOfDescriptors = (): Error =>
  Object.assign(new Error("connect EMFILE"), { code: "EMFILE", syscall: "connect" });

export const endpoint = (text: string): Endpoint => {
  const at = text.lastIndexOf(":");
  return { address: text.slice(0, at), port: Number(text.slice(at + 1)) };
};

export const tcp = (text: string): ServiceKey => ({
  kind: "address",
  protocol: "tcp",
  endpoint: endpoint(text),
});

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
      sameness: "scripted",
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
    const target = { address: "10.0.0.3", port: 80 };
    return { id, name: id, target, intervalMs: 10_000, main: this.prepared(), ...more };
  }
}

interface MonitorOptions {
  readonly virtual?: string;
  readonly real?: string;
  readonly failureCount?: number;
}

export function monitorOf(
  source: MonitorSpec["source"] | ProbeSpec,
  { virtual = "10.0.0.1:80", real = "10.0.0.3:80", failureCount = 1 }: MonitorOptions = {},
): MonitorSpec {
  const key = tcp(virtual);
  const service = serviceId(key);
  return {
    id: monitorId(service, endpoint(real)),
    serviceId: service,
    virtual: key,
    real: endpoint(real),
    failureCount,
    line: 1,
    source: "kind" in source ? source : { kind: "probe", probe: source },
  };
}

/** A virtual service as the file's defaults make it. */
export function virtualOf(more: Partial<VirtualService> = {}): VirtualService {
  return {
    key: tcp("10.0.0.1:80"),
    reals: [],
    scheduler: "wrr",
    schedulerFlags: 0,
    isOnePacket: false,
    isQuiescent: false,
    isCleanStop: true,
    checkType: "negotiate",
    service: "http",
    checkCommand: "/bin/true",
    httpMethod: "GET",
    checkTimeoutMs: 5000,
    negotiateTimeoutMs: 30_000,
    checkIntervalMs: 10_000,
    checkCount: 1,
    failureCount: 1,
    line: 1,
    ...more,
  };
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
      const sameness = JSON.stringify([request, receive, login, passwd?.reveal()]);
      return ok({ probe: () => Promise.resolve(fine), timeoutMs: timeout(settings), sameness });
    },
  });
  const byNegotiateTimeout = check(true, (settings) => settings.negotiateTimeoutMs);
  const services = new Map([
    ["http", byNegotiateTimeout],
    ["https", byNegotiateTimeout],
  ]);
  const words = new Map([
    ["connect", check(true, (settings) => settings.checkTimeoutMs)],
    ["ping", check(false, (settings) => settings.checkTimeoutMs * settings.checkCount)],
    ["external", check(false, (settings) => settings.checkTimeoutMs)],
  ]);
  return {
    byService: (name) => services.get(name),
    byCheckType: (word) => words.get(word),
  };
}
