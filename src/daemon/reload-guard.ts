import type { Config } from "../config/config.ts";
import { atOnce, type Steps } from "../config/turns.ts";
import type { HealthView } from "../health/view.ts";
import type { TableRow } from "../ipvs/ipvs.ts";
import { formatEndpoint } from "../model/address.ts";
import type { RealServer } from "../model/real-server.ts";
import { serviceId, serviceName, type VirtualService } from "../model/virtual-service.ts";
import { isUsable } from "../reconcile/after-ops.ts";
import { standingOf } from "../reconcile/desired.ts";
import { tableEndpoint } from "../reconcile/rows.ts";
import type { Ready } from "./prepare.ts";

type File = Pick<Ready, "config" | "bytes">;

/** An automatic reload that is about to be made: a file was found changed, and nobody has said that it is meant. */
export interface AutomaticReload {
  readonly running: File;
  readonly next: File;
  /** What is believed now, and what will be right after the reload. */
  readonly view: HealthView;
  readonly outlook: HealthView;
  /** By `serviceId`, the table's rows. */
  readonly table: ReadonlyMap<string, TableRow | undefined>;
}

/**
 * What an automatic reload never does: go from some service that serves to none, leave a service with nobody, or
 * take anything away by a file that ends in the middle of a line.
 * @returns why the file is to be left alone; undefined when nothing speaks against it
 */
export const objection = (reload: AutomaticReload): string | undefined => atOnce(objecting(reload));

/** `objection`, one virtual service at a time. */
export function* objecting(reload: AutomaticReload): Steps<string | undefined> {
  const { running, next } = reload;
  if (isCutShort(next.bytes, running.bytes)) {
    return "it is the file that runs, cut short within a line: it seems to be half written";
  }
  if (isOpen(next.bytes) && !isOpen(running.bytes)) {
    const [lost] = yield* takingAway(running.config, next.config);
    if (lost !== undefined)
      return `its last line has no end, as if it were half written, and ${lost} would be taken away`;
  }
  return yield* emptied(reload);
}

/** What `before` names and `after` does not, in words. */
export const takenAway = (before: Config, after: Config): readonly string[] =>
  atOnce(takingAway(before, after));

/** `takenAway`, one virtual service at a time. */
export function* takingAway(before: Config, after: Config): Steps<readonly string[]> {
  const next = new Map(after.virtuals.map((virtual) => [serviceId(virtual.key), virtual]));
  const lost: string[] = [];
  for (const virtual of before.virtuals) {
    yield;
    const name = serviceName(virtual.key);
    const kept = next.get(serviceId(virtual.key));
    if (kept === undefined) {
      lost.push(`virtual service ${name}`);
      continue;
    }
    const places = new Set(placesOf(kept).map(([, place]) => place));
    for (const [what, place] of placesOf(virtual)) {
      if (!places.has(place)) lost.push(`${what} ${place} of ${name}`);
    }
  }
  return lost;
}

const placesOf = ({ reals, fallback }: VirtualService): readonly (readonly [string, string])[] => [
  ...reals.map((real) => ["real server", formatEndpoint(real.endpoint)] as const),
  ...(fallback ? [["fallback server", formatEndpoint(fallback.endpoint)] as const] : []),
];

function* emptied(reload: AutomaticReload): Steps<string | undefined> {
  const served = new Set([...reload.table].flatMap(([id, row]) => (isUsable(row) ? [id] : [])));
  if (served.size === 0) return undefined;
  const { virtuals } = reload.next.config;
  if (virtuals.length === 0) return "it names no virtual service";
  const named: { virtual: VirtualService; wasServed: boolean; left: Left }[] = [];
  for (const virtual of virtuals) {
    yield;
    const wasServed = served.has(serviceId(virtual.key));
    named.push({ virtual, wasServed, left: whatIsLeft(virtual, reload) });
  }
  const lost = named.find(({ wasServed, left }) => wasServed && left === "nobody");
  if (lost !== undefined) {
    return `virtual service ${serviceName(lost.virtual.key)} would be left with no server that is up`;
  }
  const serving = named.filter(({ left }) => left === "serves" || left === "may serve");
  if (serving.some(({ wasServed, left }) => wasServed || left === "serves")) return undefined;
  // Until a new one serves, old ones that the file does not name serve on; not those that it idles.
  if (serving.length > 0 && !named.some(({ wasServed }) => wasServed)) return undefined;
  return "no virtual service would be left with a server to go to";
}

/** `may serve`: by servers that are not asked yet. `idle`: servers, all with weight 0. */
type Left = "serves" | "may serve" | "idle" | "nobody";

function whatIsLeft(virtual: VirtualService, reload: AutomaticReload): Left {
  const id = serviceId(virtual.key);
  const able = virtual.reals.filter(ableIn(virtual, reload));
  const weighted = able.filter(({ weight }) => weight > 0);
  const isUp = ({ endpoint }: RealServer) => standingOf(reload.outlook, id, endpoint) === "up";
  if (weighted.some(isUp)) return "serves";
  if (weighted.length > 0) return "may serve";
  if (able.length > 0) return "idle";
  return virtual.fallback === undefined ? "nobody" : "serves";
}

/** Who is up, or will be asked: who serves now goes on until then. And whom another hand has in use. */
function ableIn(virtual: VirtualService, reload: AutomaticReload): (real: RealServer) => boolean {
  const id = serviceId(virtual.key);
  const used = reload.table.get(id)?.dests.filter(({ weight }) => weight > 0) ?? [];
  const places = new Set(used.map(({ endpoint }) => formatEndpoint(endpoint)));
  return (real) => {
    const then = standingOf(reload.outlook, id, real.endpoint);
    if (then !== "down") return then !== "maintenance";
    const isDownNow = standingOf(reload.view, id, real.endpoint) === "down";
    return isDownNow && places.has(formatEndpoint(tableEndpoint(virtual.key, real)));
  };
}

const lineFeed = 0x0a;

/** The last line has no end. */
const isOpen = (bytes: Uint8Array): boolean => bytes.length > 0 && bytes.at(-1) !== lineFeed;

/** `bytes` is the beginning of `whole`, up to somewhere in the middle of a line. */
function isCutShort(bytes: Uint8Array, whole: Uint8Array): boolean {
  if (!isOpen(bytes) || bytes.length >= whole.length) return false;
  const [rest = ""] = Buffer.from(whole.subarray(bytes.length)).toString("latin1").split("\n");
  return rest.trim() !== "" && Buffer.compare(whole.subarray(0, bytes.length), bytes) === 0;
}
