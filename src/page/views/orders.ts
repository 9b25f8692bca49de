import { describeTarget } from "../../orders/book.ts";
import { endOf } from "../../orders/order.ts";
import type { Snapshot } from "../../status/snapshot.ts";
import { type Html, html } from "../markup.ts";
import { timeOf } from "./times.ts";

const kinds = { maintenance: "maintenance", drain: "drain", weight: "weight" } as const;
const maxRows = 100;

/** Who is out by somebody's will, and until when. */
export function ordersView({ orders, services, at, maintenanceDir }: Snapshot): Html {
  const byOrder = orders.map((order) => {
    const end = endOf(order);
    const isOver = order.kind === "drain" && order.ended !== undefined;
    const what = order.kind === "weight" ? `weight ${order.weight}` : kinds[order.kind];
    const until = isOver ? "undrain" : end === undefined ? openEnd(order) : timeOf(end, at);
    return html`<tr><th scope="row">${describeTarget(order.target)}<small class="why">${order.by.name}${order.reason !== undefined && html`: ${order.reason}`}${
      "left" in order && order.left !== undefined && html` (${order.left} connections open)`
    }</small></th><td class="state">${what}</td><td class="number">${until}</td></tr>`;
  });
  const files = new Map<string, string>();
  for (const { servers } of services) {
    for (const { server, maintenanceFile } of servers) {
      if (maintenanceFile !== undefined) files.set(server, maintenanceFile);
    }
  }
  const byFile = [...files].map(
    ([server, file]) =>
      html`<tr><th scope="row">${server}<small class="why">the file ${maintenanceDir ?? ""}/${file}</small></th><td class="state">maintenance</td><td class="number">removed</td></tr>`,
  );
  const rows = [...byOrder, ...byFile];
  if (rows.length === 0) return html`<div id="orders"></div>`;
  const left = rows.length - maxRows;
  return html`<div id="orders"><section class="box" aria-labelledby="orders-h"><h2 id="orders-h">Maintenance and orders</h2>
<table><caption class="unseen">What operators ordered</caption><thead><tr><th scope="col">Of</th><th scope="col">What</th><th scope="col" class="number">Until</th></tr></thead>
<tbody>${rows.slice(0, maxRows)}</tbody></table>${left > 0 && html`<p>and ${left} more: ldirectorctl status</p>`}</section></div>`;
}

const openEnd = (order: Snapshot["orders"][number]): string =>
  order.kind === "weight" && order.isUntilRestart === true ? "next start" : "taken back";
