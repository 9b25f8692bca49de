import type { ServiceState } from "../../status/snapshot.ts";
import { type Html, html, linkTo } from "../markup.ts";
import type { Scene } from "../render.ts";
import { serverTable } from "./server-rows.ts";

export const serversAPage = 200;

/** Every server of a virtual service, so many at once. @param page 1 for the first */
export function allServersView(
  service: ServiceState,
  { snapshot, history, shares }: Pick<Scene, "snapshot" | "history" | "shares">,
  page: number,
): Html {
  const { id, servers } = service;
  const from = (page - 1) * serversAPage;
  const around = { at: snapshot.at, history, shares: shares.get(id) };
  const pages = Math.ceil(servers.length / serversAPage);
  const links = Array.from({ length: pages }, (_, i) => i + 1).map((each) =>
    each === page
      ? html`<li><b aria-current="page">${each}</b></li>`
      : html`<li><a href="${linkTo("service", { id, page: String(each) })}">${each}</a></li>`,
  );
  return html`<div class="rows">${serverTable(service, servers.slice(from, from + serversAPage), around)}
${pages > 1 && html`<nav aria-label="Servers of ${id}, ${pages} pages"><ul class="pages">${links}</ul></nav>`}</div>`;
}
