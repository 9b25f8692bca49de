import type { FallbackServer } from "../../model/real-server.ts";
import type { Diagnostic } from "../diagnostics.ts";
import { portProtocol } from "../names/queries.ts";
import type { Answers } from "../names/resolve.ts";
import { nameTrouble } from "../names/trouble.ts";
import {
  type Draft,
  diagnose,
  type FallbackSetting,
  type VirtualDraft,
} from "../values/read-settings.ts";

/** The virtual service's own fallback server, else the global one of its family. */
export function buildFallback(
  virtual: VirtualDraft,
  draft: Draft,
  virtualPort: number,
  answers: Answers,
): FallbackServer | undefined {
  const setting = virtual.fallback ?? (virtual.family === 6 ? draft.fallback6 : draft.fallback);
  if (setting === undefined) return undefined;
  const address = answers.host(setting.draft.host, virtual.family);
  const port = answers.port(setting.draft.port ?? String(virtualPort), portProtocol(virtual));
  if (!address.ok || !port.ok) return undefined;
  return {
    endpoint: { address: address.value, port: port.value },
    forwarding: setting.draft.forwarding,
  };
}

/** @param protocols the port's name must be known for one of these at least */
export function checkFallback(
  { statement, draft }: FallbackSetting,
  family: 4 | 6,
  protocols: readonly ("tcp" | "udp" | undefined)[],
  order: number,
  answers: Answers,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  const fail = (legacy: string, message: string) =>
    found.push(diagnose(statement, { severity: "error", legacy, message }, order));
  const address = answers.host(draft.host, family);
  const legacy = `invalid IPv${family} address or could not resolve for fallback server: ${draft.host}`;
  const without = "there is no fallback server";
  const trouble = nameTrouble(draft.host, family, answers, without, legacy);
  if (trouble !== undefined) found.push(diagnose(statement, trouble, order));
  else if (!address.ok) {
    fail(legacy, `"${draft.host}": ${address.error}`);
  }
  if (draft.port === undefined) return found;
  const ports = protocols.map((protocol) => answers.port(draft.port ?? "", protocol));
  const [wrong] = ports;
  if (wrong !== undefined && !wrong.ok && !ports.some((port) => port.ok)) {
    fail("invalid port for fallback server", `port "${draft.port}": ${wrong.error}`);
  }
  return found;
}
