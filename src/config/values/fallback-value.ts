import type { ForwardingMethod } from "../../model/real-server.ts";
import { forwardingMethods } from "../text/words.ts";
import { forwardingHint } from "./forwarding.ts";
import type { Problem } from "./reading.ts";

/** A `fallback=` value as written: `HOST[:PORT] [METHOD]`. */
export interface FallbackDraft {
  readonly host: string;
  /** Absent: the port of the virtual service it serves. */
  readonly port?: string;
  readonly forwarding: ForwardingMethod;
}

export function readFallback(value: string): {
  readonly draft?: FallbackDraft;
  readonly problems: readonly Problem[];
} {
  const words = value.split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) {
    const message = "is empty, so there is no fallback server";
    return { problems: [{ severity: "warning", message }] };
  }
  // The last two words count; a single word is the server.
  const [server = "", method = "gate"] = words.slice(-2);
  const forwarding = forwardingMethods.find((known) => known === method);
  if (forwarding === undefined) {
    return {
      problems: [
        {
          severity: "error",
          legacy: "forward method must be gate, masq or ipip",
          message: `"${method}" is no forwarding method${forwardingHint(method)}`,
        },
      ],
    };
  }
  const problems: Problem[] = [];
  if (words.length > 2) {
    const isNumber = /^\d+$/.test(server);
    const skipped = JSON.stringify(words.slice(0, -2).join(" "));
    problems.push({
      severity: isNumber ? "error" : "warning",
      message: isNumber
        ? `${JSON.stringify(value)} is not understood; write fallback=127.0.0.1:80 gate`
        : `${skipped} is ignored; the server is taken as "${server}"`,
    });
  }
  const match = /^(.*):([A-Za-z0-9_-]+)$/s.exec(server);
  const [, host = server, port] = match ?? [];
  return {
    draft: { host, ...(port === undefined ? {} : { port }), forwarding },
    problems,
  };
}
