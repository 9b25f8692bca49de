import { canonicalAddress, formatEndpoint } from "../../model/address.ts";
import { err, ok, type Result } from "../../model/result.ts";
import type { ServiceState } from "../../status/snapshot.ts";

/** The query of GET /v1/connections for a virtual service or a real server of the file. @returns what is wrong with the word */
export function connectionQuery(
  services: readonly ServiceState[],
  word: string,
): Result<Readonly<Record<string, string>>, string> {
  const named = services.filter(({ id, name }) => id === word || name === word);
  const [service] = named;
  if (service !== undefined) {
    const { key } = service;
    if (key.kind === "fwmark") {
      return err(
        `the kernel does not tell which connections have mark ${key.mark}: name a real server`,
      );
    }
    const virtual = formatEndpoint(key.endpoint);
    return ok(named.length === 1 ? { virtual, protocol: key.protocol } : { virtual });
  }
  const servers = services.flatMap((each) => each.servers);
  const exact = servers.find(({ server, row }) => server === word || row === word);
  if (exact !== undefined) return ok({ real: exact.row });
  const address = canonicalAddress(word);
  if (address !== undefined && servers.some(({ endpoint }) => endpoint.address === address)) {
    return ok({ real: formatEndpoint({ address, port: 0 }) });
  }
  return err(`no virtual service and no real server is called ${word}`);
}
