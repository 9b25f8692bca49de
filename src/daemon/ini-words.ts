import type { Config } from "../config/config.ts";
import type { Diagnostic } from "../config/diagnostics.ts";
import { suggestion } from "../config/text/suggestion.ts";
import { serviceTrouble } from "../config/values/service.ts";
import { iniProblem } from "../ini/ini.ts";
import type { IniSettings } from "../ini/sections.ts";
import type { ServiceWords } from "../model/service-words.ts";
import { serviceName } from "../model/virtual-service.ts";

/** By the virtual service's name in the log: the `service` of its section, as far as a check answers for it. */
export const serviceWords = (
  { virtuals = [] }: IniSettings,
  services: ServiceWords,
): ReadonlyMap<string, string> =>
  new Map(
    virtuals.flatMap(({ name, service }) =>
      service !== undefined && services.has(service.word) ? [[name, service.word]] : [],
    ),
  );

interface Around {
  /** What the `ldirectord.cf` is called. */
  readonly cf: string;
  /** Every `service=` word. */
  readonly services: ServiceWords;
}

/**
 * What is wrong with the words in it: no service at all, or none that TLS can be demanded of; and, as a warning,
 * `[virtual …]` sections that name no virtual service: the ini is for every `.cf` of its folder.
 */
export function wordProblems(
  { virtuals = [], demandTls }: IniSettings,
  loaded: { readonly ok: true; readonly config: Config } | { readonly ok: false },
  { cf, services }: Around,
): readonly Diagnostic[] {
  const words = virtuals.flatMap(({ service }) => {
    const trouble = service && serviceTrouble(service.word, services);
    if (service === undefined || trouble === undefined) return [];
    const hint = trouble.hint === undefined ? "" : `; ${trouble.hint}`;
    return [iniProblem(service.place, "service", `${trouble.message}${hint}`)];
  });
  const demandable = [...services].flatMap(([name, { tlsOnDemand }]) =>
    tlsOnDemand === undefined ? [] : [name],
  );
  const undemandable = demandTls?.services.find((word) => !demandable.includes(word));
  if (demandTls !== undefined && undemandable !== undefined) {
    const hint = suggestion(undemandable, demandable) || `; it is for ${demandable.join(", ")}`;
    const message = `"${undemandable}" is no service that TLS can be demanded of${hint}`;
    words.push(iniProblem(demandTls.place, "demand-tls", message));
  }
  if (!loaded.ok) return words;
  const names = new Set(loaded.config.virtuals.map(({ key }) => serviceName(key)));
  const strays = virtuals.flatMap(({ name, place }) => {
    if (names.has(name)) return [];
    const message = `names no virtual service of ${cf}${suggestion(name, names)}`;
    return [iniProblem(place, `virtual ${name}`, message, "warning")];
  });
  return [...words, ...strays];
}
