/** `[metrics]`: numbers for Prometheus, and for whoever reads its format. */
import { err, ok } from "../model/result.ts";
import { type WebKey, type WebSettings, webKeys } from "./web-keys.ts";

export interface MetricsSettings extends WebSettings {
  /** Whether each real server has numbers of its own. Default: yes, */
  readonly servers?: boolean;
  /** but of no more real servers than that. Default 5000. */
  readonly maxServers?: number;
}

export const metricsKeys: Readonly<Record<string, WebKey<MetricsSettings>>> = {
  ...webKeys,
  servers: (text) =>
    text === "yes" || text === "no"
      ? ok({ servers: text === "yes" })
      : err(`"${text}" is neither yes nor no`),
  "max-servers": (text) => {
    const maxServers = /^\d{1,6}$/.test(text) ? Number(text) : 0;
    if (maxServers >= 1 && maxServers <= 100_000) return ok({ maxServers });
    return err(`"${text}" is not a number of real servers from 1 to 100000`);
  },
};
