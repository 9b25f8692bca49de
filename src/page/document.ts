import type { Shown } from "./live.ts";
import { Html, html, linkTo } from "./markup.ts";
import type { Rendered } from "./parts.ts";
import { servicesAPage } from "./render.ts";
import { markShapes } from "./views/marks.ts";
import { clockOf } from "./views/times.ts";

interface ShellOptions {
  readonly title: string;
  /** Of what is shown, where the script keeps it new. */
  readonly tag?: string;
  readonly size?: Rendered["size"];
  /** Seconds after which a browser without the script reads it again, because whoever looks asked for that. */
  readonly every?: number | undefined;
  readonly body: Html;
}

/** A whole document. All that it refers to is this page's own. */
const documentOf = ({ title, tag, size, every, body }: ShellOptions): string =>
  html`<!doctype html>
<html lang="en"${size !== undefined && html` class="${size}"`}><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
${every !== undefined && html`<meta http-equiv="refresh" content="${every}">`}
<link rel="stylesheet" href="page.css"><link rel="icon" href="icon.svg" type="image/svg+xml"><script src="page.js" defer></script></head>
<body${tag !== undefined && html` data-tag="${tag}"`}>
${markShapes}
<a class="skip" href="#main">To the services</a>
${body}
</body></html>
`.text;

/** What a wall without the script asks for. */
const everySec = 10;

/** All of it: a page of the virtual services, and beside them what happened. @param page 1 for the first */
export function overview(
  { scene, rendered: first, tag }: Shown,
  rendered: Rendered,
  { page, every }: { readonly page: number; readonly every: number | undefined },
): string {
  const part = (id: string) => new Html(rendered.parts.get(id) ?? "");
  const pages = Math.ceil(scene.snapshot.services.length / servicesAPage);
  const isLive = page === 1;
  const body = html`<header class="top">${part("head")}
<p class="live" id="live" data-at="${first.at}">As of <time datetime="${new Date(first.at).toISOString()}">${clockOf(first.at)}</time> UTC. ${
    every === undefined
      ? html`<a class="noscript" href="${linkTo("./", { page: page === 1 ? undefined : String(page), every: String(everySec) })}">Read again every ${everySec} s</a>`
      : html`<a class="noscript" href="./">Do not read again by itself</a>`
  }</p><p class="unseen" role="status" id="said"></p></header>
<div class="columns"><main id="main" tabindex="-1"><h2 class="unseen">Virtual services</h2>
${part("trouble")}${part("file")}
<div class="services" id="services">${rendered.order.map(part)}</div>
${pages > 1 && pageLinks(page, pages)}</main>
<aside aria-label="Orders and events">${part("orders")}${part("timeline")}</aside></div>
<footer><p>Read-only. All times are UTC. What a state means and what to do: <code>ldirectorctl explain</code>, or a click on a server.</p></footer>`;
  const { size, title } = rendered;
  return documentOf({ title, ...(isLive && { tag }), size, every, body });
}

const pageLinks = (page: number, pages: number): Html =>
  html`<nav aria-label="Pages"><ul class="pages">${Array.from(
    { length: pages },
    (_, i) => i + 1,
  ).map((each) =>
    each === page
      ? html`<li><b aria-current="page">${each}</b></li>`
      : html`<li><a href="${linkTo("./", { page: String(each) })}">${each}</a></li>`,
  )}</ul></nav>`;

/** A document of one thing, with the way back. */
export const aside = (title: string, inner: Html): string =>
  documentOf({
    title,
    body: html`<header class="top"><p><a href="./">All virtual services</a></p></header><main id="main" tabindex="-1" class="one">${inner}</main>`,
  });
