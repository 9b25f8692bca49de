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
    return html`<tr><th scope="row">${describeTarget(order.target)}</th><td>${what}</td><td>${
      end === undefined ? (isOver ? "drained; until undrain" : openEnd(order)) : timeOf(end, at)
    }</td><td>${order.by.name}${order.reason !== undefined && html`: ${order.reason}`}${
      "left" in order && order.left !== undefined && html` (${order.left} connections open)`
    }</td></tr>`;
  });
  const files = new Map<string, string>();
  for (const { servers } of services) {
    for (const { server, maintenanceFile } of servers) {
      if (maintenanceFile !== undefined) files.set(server, maintenanceFile);
    }
  }
  const byFile = [...files].map(
    ([server, file]) =>
      html`<tr><th scope="row">${server}</th><td>maintenance</td><td>until the file is removed</td><td>${maintenanceDir ?? ""}/${file}</td></tr>`,
  );
  const rows = [...byOrder, ...byFile];
  if (rows.length === 0) return html`<div id="orders"></div>`;
  const left = rows.length - maxRows;
  return html`<div id="orders"><section class="box" aria-labelledby="orders-h"><h2 id="orders-h">Maintenance and orders</h2>
<table><caption class="unseen">What operators ordered</caption><thead><tr><th scope="col">Of</th><th scope="col">What</th><th scope="col">Until</th><th scope="col">By</th></tr></thead>
<tbody>${rows.slice(0, maxRows)}</tbody></table>${left > 0 && html`<p>and ${left} more: ldirectorctl status</p>`}</section></div>`;
}

const openEnd = (order: Snapshot["orders"][number]): string =>
  order.kind === "weight" && order.isUntilRestart === true
    ? "until the next start"
    : "until it is taken back";
