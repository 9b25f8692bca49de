import type { Config } from "../../../src/config/config.ts";
import { type Loaded, type LoadOptions, loadConfig } from "../../../src/config/load.ts";
import type { VirtualService } from "../../../src/model/virtual-service.ts";
import { services } from "../../support/services.ts";
import { knownNames } from "./names/known-names.ts";

/** Loads `text` as if it stood in `t.cf`. */
export const read = (
  text: string | Uint8Array,
  options: Partial<LoadOptions> = {},
): Promise<Loaded> =>
  loadConfig("t.cf", {
    services,
    resolver: knownNames,
    hostname: "director",
    readFile: async () => Buffer.from(text),
    ...options,
  });

/** @throws when the text is refused */
export async function configOf(text: string | Uint8Array): Promise<Config> {
  const loaded = await read(text);
  if (loaded.ok) return loaded.config;
  throw new Error(loaded.diagnostics.map(({ message }) => message).join("\n"));
}

/** The one virtual service of `text`. */
export async function virtualOf(text: string): Promise<VirtualService> {
  const [virtual] = (await configOf(text)).virtuals;
  if (virtual === undefined) throw new Error("no virtual service");
  return virtual;
}

/** A virtual service on 192.0.2.1:80 with one real server and these lines. */
export const web = (...lines: readonly string[]): string =>
  ["virtual=192.0.2.1:80", "real=192.0.2.11:80 gate", ...lines].join("\n    ").concat("\n");

/** The same with this real line only. */
export const webReal = (real: string): string => `virtual=192.0.2.1:80\n    real=${real}\n`;

export async function messagesOf(text: string): Promise<string[]> {
  const loaded = await read(text);
  const all = loaded.ok ? loaded.warnings : loaded.diagnostics;
  return all.map(({ severity, line, message }) => `${severity} ${line}: ${message}`);
}
