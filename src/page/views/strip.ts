import type { ServerState } from "../../status/servers.ts";
import { type Html, html } from "../markup.ts";
import { keptMs, type Run } from "../state-history.ts";
import { stateWord } from "./marks.ts";
import { clockOf } from "./times.ts";

type Cell = ServerState["state"] | "none";

const cellCount = 60;
const cellMs = keptMs / cellCount;

/** Of several in one cell the gravest is shown; one that is not here is as good as up. */
const graveness: readonly Cell[] = ["none", "up", "unknown", "drained", "maintenance", "down"];
const isGraver = (a: Cell, b: Cell): boolean => graveness.indexOf(a) > graveness.indexOf(b);

/** The hour before `at`, a cell a minute, the running one last. */
export function cellsOf(runs: readonly Run[], at: number): readonly Cell[] {
  const end = (Math.floor(at / cellMs) + 1) * cellMs;
  const cells: Cell[] = Array.from({ length: cellCount }, () => "none");
  for (const [i, { from, state }] of runs.entries()) {
    const until = runs[i + 1]?.from ?? at;
    const first = Math.max(0, cellAt(from, end));
    const last = Math.min(cellCount - 1, cellAt(until, end));
    for (let cell = first; cell <= last; cell++) {
      if (isGraver(state, cells[cell] ?? "none")) cells[cell] = state;
    }
  }
  return cells;
}

const cellAt = (time: number, end: number): number =>
  cellCount - 1 - Math.floor((end - time - 1) / cellMs);

/** How far up a cell reaches, of 12: trouble stands out by its height as well. */
const heights: Readonly<Partial<Record<Cell, number>>> = {
  up: 5,
  unknown: 3,
  drained: 8,
  maintenance: 8,
  down: 12,
};
const fullHeight = 12;

/** A picture of it, which says nothing that `hourText` does not. */
export function stripPicture(runs: readonly Run[], at: number): Html {
  const cells = cellsOf(runs, at);
  const paths = new Map<Cell, string>();
  for (let from = 0; from < cellCount; ) {
    const cell = cells[from] ?? "none";
    let to = from + 1;
    while (to < cellCount && cells[to] === cell) to++;
    const height = heights[cell];
    if (height !== undefined) {
      const bar = `M${from} ${fullHeight - height}h${to - from}v${height}h${from - to}z`;
      paths.set(cell, (paths.get(cell) ?? "") + bar);
    }
    from = to;
  }
  const bars = [...paths].map(([cell, path]) => html`<path class="k-${cell}" d="${path}"/>`);
  return html`<svg class="strip" viewBox="0 0 ${cellCount} ${fullHeight}" preserveAspectRatio="none" aria-hidden="true" focusable="false">${bars}</svg>`;
}

const shownRuns = 6;

/** The same in words, newest first. */
export function hourText(runs: readonly Run[], at: number): readonly string[] {
  const hourAgo = at - keptMs;
  const lines = runs.map(({ from, state, why }, i) => {
    const next = runs[i + 1];
    const begin = from <= hourAgo ? "for more than an hour" : `since ${clockOf(from)}`;
    const begun = from <= hourAgo ? "" : `${clockOf(from)} `;
    const span = next === undefined ? begin : `${begun}to ${clockOf(next.from)}`;
    return `${stateWord(state)} ${span}${why === "" ? "" : `: ${why}`}`;
  });
  const newest = lines.toReversed();
  const left = newest.length - shownRuns;
  return left > 0
    ? [...newest.slice(0, shownRuns), `and ${left} more changes before that`]
    : newest;
}
