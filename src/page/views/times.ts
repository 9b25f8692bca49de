import { type Html, html } from "../markup.ts";

/** `14:05:02`; all clocks of the page are UTC, and it says so. */
export const clockOf = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

const dayMs = 86_400_000;

/** The clock alone of what is near, the day before it of what is not. @param now of what is shown */
export function timeOf(ms: number, now: number): Html {
  const iso = new Date(ms).toISOString();
  const isNear = Math.abs(now - ms) < dayMs / 2;
  const shown = isNear ? clockOf(ms) : `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
  return html`<time datetime="${iso}">${shown}</time>`;
}
