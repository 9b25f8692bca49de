import type { Steps } from "../turns.ts";
import type { Draft, FallbackSetting, VirtualDraft } from "../values/read-settings.ts";
import { textIn } from "../values/settings.ts";
import type { NameQuery } from "./resolve.ts";

/** tcp unless the port says 53 or domain, or a `protocol` line says otherwise. */
export function protocolOf(virtual: VirtualDraft): "tcp" | "udp" | "fwm" {
  if (virtual.address?.kind === "fwmark") return "fwm";
  const said = textIn("protocol", virtual.settings);
  if (said === "tcp" || said === "udp") return said;
  const port = virtual.address?.port ?? "";
  return port === "53" || port === "domain" ? "udp" : "tcp";
}

/** A mark stands for many ports, so its names may be of any protocol. */
export const portProtocol = (virtual: VirtualDraft): "tcp" | "udp" | undefined => {
  const protocol = protocolOf(virtual);
  return protocol === "fwm" ? undefined : protocol;
};

/** Every name that a Config needs the number of. */
export function* nameQueriesIn(draft: Draft): Steps<NameQuery[]> {
  const questions: NameQuery[] = [];
  const ask = (
    family: 4 | 6,
    host: string,
    port: string | undefined,
    protocols: readonly ("tcp" | "udp" | undefined)[],
  ) => {
    questions.push({ kind: "host", name: host, family });
    if (port === undefined) return;
    for (const protocol of protocols) questions.push({ kind: "service", name: port, protocol });
  };
  const askFallback = (
    fallback: FallbackSetting | undefined,
    family: 4 | 6,
    protocols: readonly ("tcp" | "udp" | undefined)[],
  ) => {
    if (fallback !== undefined) ask(family, fallback.draft.host, fallback.draft.port, protocols);
  };

  // A global fallback serves virtual services of every protocol.
  askFallback(draft.fallback, 4, ["tcp", "udp", undefined]);
  askFallback(draft.fallback6, 6, ["tcp", "udp", undefined]);
  for (const virtual of draft.virtuals) {
    const { address, family } = virtual;
    const protocols = [portProtocol(virtual)];
    if (address?.kind === "address") ask(family, address.host, address.port, protocols);
    askFallback(virtual.fallback, family, protocols);
    for (const { draft: real } of virtual.reals) {
      yield;
      if (real === undefined) continue;
      ask(family, real.host, real.port, [undefined]);
      if (real.endHost !== undefined) ask(family, real.endHost, undefined, []);
    }
  }
  return questions;
}
