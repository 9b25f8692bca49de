import type { Snapshot } from "../../status/snapshot.ts";
import { type Html, html } from "../markup.ts";
import type { Level, ServiceStanding } from "../standing.ts";
import { type Mark, mark } from "./marks.ts";
import { timeOf } from "./times.ts";

export interface Headline {
  readonly level: Level;
  readonly sentence: string;
}

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

/** All of it in one sentence. */
export function headlineOf(standings: readonly ServiceStanding[]): Headline {
  const sum = (of: (standing: ServiceStanding) => number) =>
    standings.reduce((total, standing) => total + of(standing), 0);
  const nobody = standings.filter(({ level }) => level === "nobody").length;
  const reals = sum((standing) => standing.reals);
  const down = sum((standing) => standing.down);
  const refused = standings.filter(({ level }) => level === "trouble").length;
  const downWords = `${down} of ${plural(reals, "real server")} ${down === 1 ? "is" : "are"} down`;
  if (nobody > 0) {
    const who = `${plural(nobody, "service")} ${nobody === 1 ? "has" : "have"} nobody`;
    return { level: "nobody", sentence: `${who}, ${downWords}` };
  }
  if (down > 0) return { level: "trouble", sentence: downWords };
  if (refused > 0) {
    return {
      level: "trouble",
      sentence: `The kernel refuses changes of ${plural(refused, "service")}`,
    };
  }
  const up = sum((standing) => standing.up);
  if (up === reals) {
    const all = reals === 1 ? "The real server is up" : `All ${reals} real servers are up`;
    return { level: "fine", sentence: reals === 0 ? "There is no real server" : all };
  }
  return {
    level: "notice",
    sentence: `${up} of ${plural(reals, "real server")} are up, none is down`,
  };
}

const signs: Readonly<Record<Level, Mark>> = {
  nobody: "down",
  trouble: "warning",
  notice: "info",
  fine: "up",
};

export interface HeadOptions {
  readonly snapshot: Snapshot;
  readonly headline: Headline;
  /** The director's name. */
  readonly host: string;
}

/** Where this is, and how it is: the top of the page. */
export function headView({ snapshot, headline, host }: HeadOptions): Html {
  const { path, phase, services } = snapshot;
  const named = services.filter(({ isLeaving }) => !isLeaving);
  const spare = named.filter(({ role }) => role === "spare").length;
  return html`<div class="head is-${headline.level}" id="head">
<p class="where"><b>${host}</b> <span>${path}</span>${phase !== "running" && html` <span class="chip">${phase}</span>`}</p>
<h1>${mark(signs[headline.level])} ${headline.sentence}</h1>
<p class="where">${plural(named.length, "virtual service")}${spare > 0 && html`, spare of ${spare === named.length ? "all" : spare}`}.</p>
</div>`;
}

/** Trouble of the whole, which is no virtual service's. */
export function troubleView({ localFaults, statistics, sync, at }: Snapshot): Html {
  const { started, late, worstMs } = statistics.punctuality;
  const stopped = (sync?.running === undefined ? [] : sync.wanted).filter(
    ({ state }) => !sync?.running?.some((each) => each.state === state),
  );
  const lines = [
    ...localFaults.map(
      ({ code, detail, since }) =>
        html`<li>${mark("error")} Trouble of this machine since ${timeOf(since, at)}, no server is blamed for it: ${code}: ${detail}</li>`,
    ),
    ...(late === 0
      ? []
      : [
          html`<li>${mark("warning")} Checks run late: ${late} of ${started}, ${Math.round(worstMs)} ms at worst</li>`,
        ]),
    ...stopped.map(
      ({ state, interface: name }) =>
        html`<li>${mark("error")} The kernel's sync daemon (${state} on ${name}) does not run</li>`,
    ),
  ];
  if (lines.length === 0) return html`<div id="trouble"></div>`;
  const level = localFaults.length + stopped.length > 0 ? "is-trouble" : "is-warning";
  return html`<div id="trouble"><section class="box ${level}" aria-labelledby="trouble-h"><h2 id="trouble-h">The director</h2><ul class="plain">${lines}</ul></section></div>`;
}
