import type { ServerState } from "../../status/servers.ts";
import type { ServiceState } from "../../status/snapshot.ts";
import { whyOf } from "../../status/why.ts";
import { type Html, html, linkTo } from "../markup.ts";
import type { RowShare } from "../shares.ts";
import type { StateHistory } from "../state-history.ts";
import { mark, stateWord } from "./marks.ts";
import { hourText, stripPicture } from "./strip.ts";
import { timeOf } from "./times.ts";
import { toneCount } from "./traffic-bar.ts";

export interface RowsAround {
  readonly at: number;
  readonly history: StateHistory;
  readonly shares: ReadonlyMap<string, RowShare> | undefined;
}

/** Where they are told apart from all others of the document. */
export const idOf = (serviceId: string): string => `s-${serviceId.replace(/[^a-z0-9.]/gi, "-")}`;

const explainLink = (serviceId: string, server: string): string =>
  linkTo("explain", { what: server, virtual: serviceId });

/** A table of some of a virtual service's servers. @param isNamed whether its caption is to be seen */
export function serverTable(
  { id, name, servers }: Pick<ServiceState, "id" | "name" | "servers">,
  shown: readonly ServerState[],
  around: RowsAround,
): Html {
  const places = new Map(servers.map((server, i) => [server, i]));
  const rows = shown.map((server) => serverRow(id, server, places.get(server) ?? 0, around));
  return html`<table class="servers"><caption class="unseen">Servers of ${name}</caption>
<thead><tr><th scope="col">Server</th><th scope="col">Is</th><th scope="col" class="hour">Last hour</th><th scope="col" class="number">Weight</th><th scope="col" class="number">Open</th><th scope="col" class="number">Share</th></tr></thead>
<tbody>${rows}</tbody></table>`;
}

function serverRow(
  serviceId: string,
  server: ServerState,
  place: number,
  { at, history, shares }: RowsAround,
): Html {
  const { state, role, row, since } = server;
  const share = shares?.get(row);
  const noteId = `${idOf(serviceId)}-${place}`;
  const isReal = role === "real";
  const runs = isReal ? history.of(serviceId, server.server) : [];
  const told = isReal ? hourText(runs, at) : [];
  const note =
    told.length === 0
      ? ""
      : html`<span class="note" id="${noteId}">${told.map((line) => html`<span>${line}. </span>`)}</span>`;
  const name = isReal
    ? html`<a href="${explainLink(serviceId, server.server)}"${described(told.length > 0, noteId)}>${server.server}</a>`
    : html`${server.server}`;
  const from =
    state === "up" || since === undefined ? "" : html` <small>since ${timeOf(since, at)}</small>`;
  const why = whyOf(server);
  const reason = why === "" ? "" : html`<small class="why">${why}</small>`;
  return html`<tr class="server k-${state}"><th scope="row">${name}${reason}</th><td class="state">${mark(state)} ${stateWord(state)}${from}</td><td class="hour">${isReal && stripPicture(runs, at)}${note}</td><td class="number">${weightOf(server)}</td><td class="number">${share === undefined ? "–" : openOf(share.active)}</td><td class="number">${shareOf(share, place)}</td></tr>
`;
}

const described = (is: boolean, id: string): Html | string =>
  is ? html` aria-describedby="${id}"` : "";

function weightOf({ weight, fileWeight }: ServerState): string {
  if (weight === undefined) return fileWeight === undefined ? "–" : `– of ${fileWeight}`;
  return fileWeight === undefined || weight === fileWeight
    ? `${weight}`
    : `${weight} of ${fileWeight}`;
}

function shareOf(share: RowShare | undefined, place: number): Html | string {
  if (share === undefined) return "–";
  return html`<i class="t${place % toneCount}"></i>${share.percent}%`;
}

/** In two digits, above that: what changes all the time would never let the page be quiet. */
function openOf(active: number): string {
  if (active < 100) return String(active);
  const rounded = Number(active.toPrecision(2));
  return rounded < 10_000 ? `≈ ${rounded}` : `≈ ${rounded / 1000}k`;
}
