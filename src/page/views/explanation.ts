import type { Explanation } from "../../status/explain.ts";
import { type Html, html } from "../markup.ts";
import { mark } from "./marks.ts";
import { timeOf } from "./times.ts";

/** Why a server is in, out, or at its weight: what `ldirectorctl explain` says. */
export function explanationView(what: string, rows: readonly Explanation[], at: number): Html {
  return html`<section aria-labelledby="explain-h"><h1 id="explain-h">Why is ${what} as it is?</h1>
${rows.map((row) => explained(row, at))}</section>`;
}

function explained(
  { service, server, sentences, remedy, place, row, results }: Explanation,
  at: number,
): Html {
  const lines = results.map(({ at: time, durationMs, result, detail, words = [] }) => {
    const isUp = result === "up";
    return html`<tr><th scope="row">${timeOf(time, at)}</th><td class="state">${mark(isUp ? "up" : "down")} ${result}</td><td class="number">${
      durationMs === undefined ? "" : `${Math.round(durationMs)} ms`
    }</td><td>${detail}${words.map((each) => html`<small class="why">${each}</small>`)}</td></tr>`;
  });
  return html`<article class="box"><h2>${server}${service !== "" && html` in ${service}`}</h2>
${sentences.map((sentence) => html`<p>${sentence}</p>`)}
${remedy !== undefined && html`<p><b>To change that:</b> ${remedy}</p>`}
<dl>${place !== undefined && html`<div><dt>In the file</dt><dd>${place}</dd></div>`}${
    service !== "" && html`<div><dt>In the table</dt><dd>${row ?? "no row"}</dd></div>`
  }</dl>
${
  lines.length > 0 &&
  html`<table class="results"><caption>Its last results, newest first</caption><thead><tr><th scope="col">When</th><th scope="col">Result</th><th scope="col" class="number">Took</th><th scope="col">What it said</th></tr></thead><tbody>${lines}</tbody></table>`
}</article>`;
}
