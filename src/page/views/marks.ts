import type { ServerState } from "../../status/servers.ts";
import { type Html, html } from "../markup.ts";

/** Each state has a shape, a colour and a word: no one of them is alone in saying it. */
export type Mark = ServerState["state"] | "error" | "warning" | "notice" | "info";

/** Once in a document: what `mark` refers to. */
export const markShapes: Html = html`<svg class="shapes" aria-hidden="true" focusable="false">
<symbol id="m-up" viewBox="0 0 16 16"><circle cx="8" cy="8" r="5"/></symbol>
<symbol id="m-down" viewBox="0 0 16 16"><path d="M3 1 8 6l5-5 2 2-5 5 5 5-2 2-5-5-5 5-2-2 5-5-5-5z"/></symbol>
<symbol id="m-maintenance" viewBox="0 0 16 16"><path d="M2 2h12v12H2zM5 5v6h2V5zm4 0v6h2V5z" fill-rule="evenodd"/></symbol>
<symbol id="m-drained" viewBox="0 0 16 16"><path d="M6 1h4v7h4l-6 7-6-7h4z"/></symbol>
<symbol id="m-unknown" viewBox="0 0 16 16"><path d="M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2zm0 2.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 1 1 0-7z" fill-rule="evenodd"/></symbol>
<symbol id="m-fallback" viewBox="0 0 16 16"><path d="M8 1l7 13H1z"/></symbol>
<symbol id="m-standby" viewBox="0 0 16 16"><path d="M8 1l7 13H1zm0 5-3 6h6z" fill-rule="evenodd"/></symbol>
<symbol id="m-former" viewBox="0 0 16 16"><path d="M2 6.5h12v3H2z"/></symbol>
<symbol id="m-warning" viewBox="0 0 16 16"><path d="M8 1l7 13H1zM7 6v4h2V6zm0 5v2h2v-2z" fill-rule="evenodd"/></symbol>
<symbol id="m-info" viewBox="0 0 16 16"><circle cx="8" cy="8" r="2.5"/></symbol>
</svg>`;

const shapes: Readonly<Partial<Record<Mark, string>>> = { error: "down", notice: "info" };

export const mark = (of: Mark): Html =>
  html`<svg class="mark k-${of}" aria-hidden="true" focusable="false"><use href="#m-${shapes[of] ?? of}"/></svg>`;

/** In the words of `ldirectorctl status`. */
export const stateWord = (state: ServerState["state"]): string =>
  state === "standby" ? "fallback, idle" : state;
