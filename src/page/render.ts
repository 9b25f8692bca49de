import type { Steps } from "../config/turns.ts";
import type { OnDisk } from "../control/on-disk.ts";
import type { KeptRecord } from "../log/sinks/ring.ts";
import type { ServiceState, Snapshot } from "../status/snapshot.ts";
import type { Rendered } from "./parts.ts";
import type { Shares } from "./shares.ts";
import { isNoticed, levels, type ServiceStanding, standingOf } from "./standing.ts";
import type { StateHistory } from "./state-history.ts";
import { fileView } from "./views/file.ts";
import { headlineOf, headView, troubleView } from "./views/headline.ts";
import { ordersView } from "./views/orders.ts";
import { idOf } from "./views/server-rows.ts";
import { servicePanel } from "./views/service-panel.ts";
import { timelineView } from "./views/timeline.ts";

/** All that the page shows, at one moment. */
export interface Scene {
  readonly host: string;
  readonly snapshot: Snapshot;
  readonly history: StateHistory;
  readonly shares: Shares;
  readonly onDisk: OnDisk | undefined;
  /** Of the log, oldest first. */
  readonly records: readonly KeptRecord[];
}

/** More are on the next page. */
export const servicesAPage = 200;
/** Of servers: up to so many are written large, */
const few = 12;
/** and up to so many stand there without a click. */
const some = 120;
/** Of many, so many of one virtual service are shown, and so many in all: the page stays small when all are down. */
const maxRowsEach = 20;
const maxRowsAll = 200;

/** The parts of one page of it: trouble first, each in the file's order. @param page 1 for the first */
export function* rendering(scene: Scene, page = 1): Steps<Rendered> {
  const { host, snapshot, history, shares, onDisk, records } = scene;
  const { at, services } = snapshot;
  const standings = new Map<ServiceState, ServiceStanding>();
  let servers = 0;
  for (const service of services) {
    standings.set(service, standingOf(service));
    servers += service.servers.length;
    yield;
  }
  const headline = headlineOf([...standings.values()]);
  const parts = new Map([
    ["head", headView({ snapshot, headline, host }).text],
    ["trouble", troubleView(snapshot).text],
    ["file", fileView(snapshot, onDisk).text],
    ["orders", ordersView(snapshot).text],
    ["timeline", timelineView(records, at).text],
  ]);
  yield;
  const rank = ([, { level }]: [ServiceState, ServiceStanding]) => levels.indexOf(level);
  const sorted = [...standings].sort((a, b) => rank(a) - rank(b));
  const order: string[] = [];
  let rowsLeft = maxRowsAll;
  const size = servers <= few ? "few" : servers <= some ? "some" : "many";
  for (const [service, standing] of sorted.slice(
    (page - 1) * servicesAPage,
    page * servicesAPage,
  )) {
    const id = idOf(service.id);
    const maxRows = size === "many" ? Math.min(maxRowsEach, rowsLeft) : undefined;
    rowsLeft -= Math.min(maxRows ?? 0, service.servers.filter(isNoticed).length);
    const around = { at, history, shares: shares.get(service.id), maxRows };
    parts.set(id, servicePanel(service, standing, around).text);
    order.push(id);
    yield;
  }
  return { at, size, title: `${headline.sentence} · ${host}`, parts, order };
}
