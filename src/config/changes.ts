import { formatEndpoint } from "../model/address.ts";
import type { RealServer } from "../model/real-server.ts";
import { Secret } from "../model/secret.ts";
import { serviceId, serviceName, type VirtualService } from "../model/virtual-service.ts";
import type { Config } from "./config.ts";
import type { Steps } from "./turns.ts";

/** What became of one configuration in the next, by names. */
export interface ConfigChanges {
  readonly services: Changes;
  /** `10.0.0.3:80 (10.0.0.1:80)` */
  readonly servers: Changes;
}

export interface Changes {
  readonly added: Listed;
  /** Of a service: anything in its block but its servers. */
  readonly changed: Listed;
  readonly removed: Listed;
}

/** Of many, the first ones by name. */
interface Listed {
  readonly count: number;
  readonly names: readonly string[];
}

const maxNames = 50;
const serversAStep = 200;

export function* configChanges(before: Config, after: Config): Steps<ConfigChanges> {
  if (before === after) return { services: nothing, servers: nothing };
  const was = yield* namesIn(before);
  const is = yield* namesIn(after);
  return {
    services: yield* changes(was.services, is.services),
    servers: yield* changes(was.servers, is.servers),
  };
}

type Texts = ReadonlyMap<string, string>;

/** By name, all that a file says of a service, and of a server. */
function* namesIn({ virtuals }: Config): Steps<{ services: Texts; servers: Texts }> {
  const services = new Map<string, string>();
  const servers = new Map<string, string>();
  for (const virtual of virtuals) {
    const name = nameOf(virtual);
    services.set(name, JSON.stringify({ ...virtual, reals: [] }, withoutPlaces));
    for (const [i, real] of virtual.reals.entries()) {
      servers.set(`${formatEndpoint(real.endpoint)} (${name})`, textOf(real));
      if (i % serversAStep === 0) yield;
    }
    yield;
  }
  return { services, servers };
}

const textOf = ({ forwarding, weight, ...real }: RealServer): string =>
  [forwarding, weight, real.lowerThreshold, real.upperThreshold, real.request, real.receive].join(
    "\n",
  );

/** Where things stand in the file says nothing of what they are; another secret is a change, and is kept nowhere. */
function withoutPlaces(this: unknown, key: string, value: unknown): unknown {
  if (key === "line" || key === "places") return undefined;
  const own = (this as Readonly<Record<string, unknown>>)[key];
  return own instanceof Secret ? own.reveal() : value;
}

function* changes(before: Texts, after: Texts): Steps<Changes> {
  const [added, changed, removed] = [noNames(), noNames(), noNames()];
  for (const [i, [name, text]] of [...after].entries()) {
    if (i % serversAStep === 0) yield;
    const was = before.get(name);
    if (was === undefined) note(added, name);
    else if (was !== text) note(changed, name);
  }
  for (const [i, name] of [...before.keys()].entries()) {
    if (i % serversAStep === 0) yield;
    if (!after.has(name)) note(removed, name);
  }
  return { added, changed, removed };
}

const noNames = (): { count: number; readonly names: string[] } => ({ count: 0, names: [] });

function note(list: ReturnType<typeof noNames>, name: string): void {
  if (list.count++ < maxNames) list.names.push(name);
}

const nothing: Changes = { added: noNames(), changed: noNames(), removed: noNames() };

/** The plain name, but for udp, which may stand beside tcp. */
const nameOf = ({ key }: VirtualService): string =>
  key.kind === "address" && key.protocol === "tcp" ? serviceName(key) : serviceId(key);
