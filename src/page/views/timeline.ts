import type { KeptRecord } from "../../log/sinks/ring.ts";
import { oneLine } from "../../model/one-line.ts";
import { type Html, html } from "../markup.ts";
import { mark } from "./marks.ts";
import { timeOf } from "./times.ts";

/** So many of the newest are shown. */
export const shownRecords = 60;
const maxChars = 300;

/** Each check's own result is no event of a timeline. */
export const isTold = ({ severity }: Pick<KeptRecord, "severity">): boolean => severity !== "debug";

/** What was logged, newest first. @param records oldest first */
export function timelineView(records: readonly KeptRecord[], at: number): Html {
  const lines = records.toReversed().map(
    ({ time, severity, text }) =>
      html`<li class="sev-${severity}">${timeOf(time, at)} ${severity === "debug" ? "" : mark(severity)}<span class="unseen">${severity}: </span><span>${oneLine(text, maxChars)}</span></li>
`,
  );
  return html`<div id="timeline"><section class="box" aria-labelledby="timeline-h"><h2 id="timeline-h">What happened</h2>
${lines.length === 0 ? html`<p>Nothing yet.</p>` : html`<ol class="plain">${lines}</ol>`}</section></div>`;
}
