import type { ServiceState } from "../../status/snapshot.ts";
import { type Html, html, linkTo } from "../markup.ts";
import { isNoticed, type ServiceStanding } from "../standing.ts";
import { type Mark, mark } from "./marks.ts";
import { idOf, type RowsAround, serverTable } from "./server-rows.ts";
import { timeOf } from "./times.ts";
import { trafficBar } from "./traffic-bar.ts";

const levelMarks: Readonly<Record<ServiceStanding["level"], readonly [Mark, string]>> = {
  nobody: ["down", "nobody"],
  trouble: ["warning", "trouble"],
  notice: ["notice", "to note"],
  fine: ["up", "well"],
};

export interface PanelOptions extends RowsAround {
  /** So many of its servers are shown, those to note before all others; the rest is left for a click. Default: all of them. */
  readonly maxRows?: number | undefined;
}

/** One virtual service at a glance, and below it its servers. */
export function servicePanel(
  service: ServiceState,
  standing: ServiceStanding,
  options: PanelOptions,
): Html {
  const { id, servers, refused, edits, driftAt } = service;
  const element = idOf(id);
  const [sign, word] = levelMarks[standing.level];
  return html`<article class="service is-${standing.level}" id="${element}" aria-labelledby="${element}-name">
<header><h3 id="${element}-name">${mark(sign)}<span class="unseen">${word}: </span>${id}</h3>
<p class="facts">${factsOf(service, standing)}</p></header>
${trafficBar(servers, options.shares)}
${refused.map((change) => html`<p class="bad">${mark("error")} The kernel refuses to ${change}</p>`)}
${edits.map(({ row, found }) => html`<p>${mark("notice")} Set by ipvsadm: ${row ?? "the service"}: ${found}</p>`)}
${driftAt !== undefined && html`<p>${mark("notice")} Another hand changed it at ${timeOf(driftAt, options.at)}</p>`}
${options.maxRows === undefined ? serverTable(service, servers, options) : foldedRows(service, options, options.maxRows)}</article>
`;
}

function factsOf(
  { scheduler, role, roleWhy, isFallbackOn, servers, isInTable, isLeaving }: ServiceState,
  { up, reals }: ServiceStanding,
): readonly Html[] {
  const hasFallback = servers.some(({ state }) => state === "fallback");
  return [
    ...(isLeaving ? [] : [html`<b>${up} of ${reals} up</b> `]),
    html`<span>${scheduler}</span> `,
    ...(role === undefined
      ? []
      : [html`<span class="chip" title="${roleWhy ?? ""}">${role}</span> `]),
    ...(isLeaving ? [html`<span class="chip">on its way out</span> `] : []),
    ...(isInTable ? [] : [html`<span class="chip">not in the table</span> `]),
    ...(hasFallback ? [html`<span class="chip is-bad">fallback serves</span> `] : []),
    ...(isFallbackOn && !hasFallback ? [html`<span class="chip is-bad">no fallback</span> `] : []),
  ];
}

/** Those in trouble, and the way to all. */
function foldedRows(service: ServiceState, around: RowsAround, maxRows: number): Html {
  const noticed = service.servers.filter(isNoticed);
  const shown = noticed.slice(0, maxRows);
  const left = noticed.length - shown.length;
  const all = service.servers.length;
  const link = linkTo("service", { id: service.id });
  return html`${shown.length > 0 && serverTable(service, shown, around)}
<details id="${idOf(service.id)}-all"><summary>${left > 0 && `${left} more to note; `}${noticed.length > 0 && "all "}${all} server${all !== 1 && "s"}</summary>
<a class="all" href="${link}">Show all ${all} of ${service.id}</a></details>`;
}
