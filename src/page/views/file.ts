import type { Mistake, OnDisk } from "../../control/on-disk.ts";
import type { Change } from "../../plan/change.ts";
import type { Plan } from "../../plan/plan.ts";
import { groupedChanges, sayChange, sayCounts, sayLater } from "../../plan/say-plan.ts";
import type { Snapshot } from "../../status/snapshot.ts";
import { type Html, html } from "../markup.ts";
import { mark } from "./marks.ts";
import { timeOf } from "./times.ts";

/** The file where it is not what runs: its mistakes, or what it would change. */
export function fileView(
  { reload, path, isAutoreload, at }: Snapshot,
  onDisk: OnDisk | undefined,
): Html {
  const inner = (): Html | undefined => {
    switch (onDisk?.kind) {
      case "refused":
        return mistakesBox(onDisk.mistakes, onDisk.more);
      case "differs":
        return planBox(onDisk.plan, isAutoreload);
      case "unreadable":
        return box("is-trouble", `${path} can not be read`, [html`<p>${onDisk.cause}</p>`]);
      case "same":
      case undefined:
        return reload?.worked && reload.problems.length > 0
          ? box("is-trouble", "The newest reload had trouble", [
              html`<p>At ${timeOf(reload.at, at)}:</p>`,
              problemList(reload.problems),
            ])
          : undefined;
    }
  };
  return html`<div id="file">${inner()}</div>`;
}

const box = (level: string, title: string, inner: readonly Html[]): Html =>
  html`<section class="box ${level}" aria-labelledby="file-h"><h2 id="file-h">${title}</h2>${inner}</section>`;

const problemList = (problems: readonly string[]): Html =>
  html`<ul class="plain">${problems.slice(0, maxLines).map((each) => html`<li>${mark("error")} ${each}</li>`)}</ul>`;

function mistakesBox(mistakes: readonly Mistake[], more: number): Html {
  const rows = mistakes.map(
    ({ path, line, column, text }) =>
      html`<tr><th scope="row" class="state">${line > 0 ? `${line}:${column}` : "–"}</th><td>${text}${
        path.endsWith(".ini") && html` <small>in ${path}</small>`
      }</td></tr>`,
  );
  return box("is-trouble", "The file on disk is refused; what ran before runs on", [
    html`<table><caption class="unseen">Mistakes of the file</caption><thead><tr><th scope="col">Line</th><th scope="col">What is wrong</th></tr></thead><tbody>${rows}</tbody></table>`,
    ...(more > 0 ? [html`<p>and ${more} more: ldirectorctl check</p>`] : []),
  ]);
}

const signs: Readonly<Record<Change["action"], readonly [string, string]>> = {
  add: ["+", "added"],
  change: ["~", "changed"],
  remove: ["−", "removed"],
};
const maxLines = 40;

function planBox(plan: Plan, isAutoreload: boolean): Html {
  let left = maxLines;
  const sections = [...groupedChanges(plan)].map(({ title, groups }) => {
    const inner = groups.map(({ virtual, changes }) => {
      const some = changes.slice(0, Math.max(0, left));
      left -= some.length;
      if (some.length === 0) return undefined;
      return html`${virtual !== undefined && html`<h4>${virtual}</h4>`}<ul class="plain">${some.map(changeLine)}</ul>`;
    });
    return html`<h3>${title}</h3>${inner.filter((each) => each !== undefined)}`;
  });
  const more = plan.changes.length - maxLines;
  const later = plan.later.slice(0, maxLines / 4).map((each) => html`<li>${sayLater(each)}</li>`);
  return box("is-notice", "The file on disk differs from what runs", [
    html`<p>${sayCounts(plan)}. ${isAutoreload ? "Autoreload takes it up." : "ldirectorctl reload takes it up."}</p>`,
    ...sections,
    ...(more > 0 ? [html`<p>and ${more} more: ldirectorctl plan</p>`] : []),
    ...(later.length > 0
      ? [html`<h3>After that, as the servers answer</h3><ul class="plain">${later}</ul>`]
      : []),
  ]);
}

function changeLine(change: Change): Html {
  const [sign, word] = signs[change.action];
  const { text, why } = sayChange(change);
  return html`<li><b class="sign-${change.action}" aria-hidden="true">${sign}</b> <span class="unseen">${word}: </span>${text}${why}</li>`;
}
