import { suggestion } from "../config/text/suggestion.ts";
import { canonicalAddress, type Endpoint, formatEndpoint } from "../model/address.ts";
import { err, ok, type Result } from "../model/result.ts";
import { serviceId, serviceName, type VirtualService } from "../model/virtual-service.ts";
import { isAbout, namesService, type Target } from "./order.ts";

/** One real server in one virtual service: a row that an order may be about. */
export interface Pair {
  readonly virtual: VirtualService;
  readonly real: VirtualService["reals"][number];
}

export const pairsOf = (target: Target, virtuals: readonly VirtualService[]): readonly Pair[] =>
  virtuals.flatMap((virtual) => {
    const id = serviceId(virtual.key);
    return virtual.reals.flatMap((real) =>
      isAbout(target, id, real.endpoint) ? [{ virtual, real }] : [],
    );
  });

export interface Asked {
  /** A real server, or a virtual service, as people write them. */
  readonly what: string;
  /** Only in this virtual service. */
  readonly virtual?: string | undefined;
}

/**
 * What is meant by it in a configuration. A name that is both a real server's and a service's is the real server.
 * @param addressOf of a host's name, as the file's names were looked up
 * @returns what is wrong, when nothing of the configuration is meant
 */
export function findTarget(
  { what, virtual }: Asked,
  virtuals: readonly VirtualService[],
  addressOf: (name: string) => string | undefined = () => undefined,
): Result<Target, string> {
  const service = virtual === undefined ? undefined : nameOf(virtual);
  const ids = virtuals.map(({ key }) => serviceId(key));
  if (service !== undefined && !ids.some((id) => namesService(service, id))) {
    return err(
      `no virtual service is ${virtual}${near(
        service,
        virtuals.map(({ key }) => serviceName(key)),
      )}`,
    );
  }
  const real = realOf(what) ?? namedReal(what, addressOf);
  const asReal: Target = {
    ...(real && { real }),
    ...(service !== undefined && { virtual: service }),
  };
  if (real !== undefined && pairsOf(asReal, virtuals).length > 0) return ok(asReal);
  const name = nameOf(what);
  if (service === undefined && ids.some((id) => namesService(name, id)))
    return ok({ virtual: name });
  const known = virtuals
    .filter(({ key }) => service === undefined || namesService(service, serviceId(key)))
    .flatMap(({ reals }) => reals.map(({ endpoint }) => formatEndpoint(endpoint)));
  const where = virtual === undefined ? "" : ` of ${virtual}`;
  return err(`no real server${where} is ${what}${near(what, known)}`);
}

/** `10.0.0.3`, `10.0.0.3:80`, `[fd00::2]:80`, `fd00::2`; undefined for all else. */
export function realOf(text: string): { address: string; port?: number } | undefined {
  const [, six, four, digits] = /^(?:\[([^\][]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = canonicalAddress(six ?? four ?? text);
  if (address === undefined) return undefined;
  if (digits === undefined) return { address };
  const port = Number(digits);
  return port <= 65_535 ? { address, port } : undefined;
}

/** `web3`, `web3:80` */
function namedReal(
  text: string,
  addressOf: (name: string) => string | undefined,
): { address: string; port?: number } | undefined {
  const [, name = "", digits] = /^([^:\s]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = name === "" ? undefined : addressOf(name);
  return address === undefined ? undefined : { address, ...(digits && { port: Number(digits) }) };
}

/** `[FD00::0001]:80` as the log writes it: `[fd00::1]:80`. All else as it is. */
function nameOf(text: string): string {
  const [, protocol = "", rest = text] = /^(tcp:|udp:|fwm6?:)?(.*)$/s.exec(text) ?? [];
  const real = realOf(rest);
  return real?.port === undefined ? text : `${protocol}${formatEndpoint(real as Endpoint)}`;
}

/** Of many, those that are looked at for a slip: it takes time. */
const maxLooked = 1000;
const near = (word: string, words: readonly string[]): string =>
  suggestion(word, words.slice(0, maxLooked));
