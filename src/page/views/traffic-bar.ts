import type { ServerState } from "../../status/servers.ts";
import { type Html, html } from "../markup.ts";
import type { RowShare } from "../shares.ts";

/** Neighbours differ; the numbers stand in the rows. */
export const toneCount = 6;
const maxSegments = 24;
const named = 4;

/** Who has had which part of the connections, as a bar; nothing while the kernel has counted none. */
export function trafficBar(
  servers: readonly ServerState[],
  shares: ReadonlyMap<string, RowShare> | undefined,
): Html | undefined {
  const segments = servers.flatMap(({ server, row }, i) => {
    const percent = shares?.get(row)?.percent ?? 0;
    return percent > 0 ? [{ server, percent, tone: i % toneCount }] : [];
  });
  if (segments.length === 0) return undefined;
  let x = 0;
  const rects = segments.slice(0, maxSegments).map(({ server, percent, tone }) => {
    const width = Math.max(0.2, percent - 0.3);
    const rect = html`<rect class="t${tone}" x="${x}" width="${width.toFixed(1)}" height="6"><title>${server} ${percent}%</title></rect>`;
    x += percent;
    return rect;
  });
  const most = segments.toSorted((a, b) => b.percent - a.percent).slice(0, named);
  const said = most.map(({ server, percent }) => `${server} ${percent}%`).join(", ");
  const more = segments.length > named ? `, and ${segments.length - named} more` : "";
  return html`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="Connections so far: ${said}${more}">${rects}</svg>`;
}
