/** Light or dark as the reader has it; from a telephone to a wall. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #f5f4f0; --panel: #fffefb; --line: #dcd9d0; --ink: #1d1c1a; --soft: #5b574f;
  --up: #22754a; --down: #b3211a; --warn: #855600; --calm: #1f5c9e; --drain: #68469c; --idle: #6b675f;
  --bad-paper: #fbe9e6; --warn-paper: #faf1dc; --focus: #0b57d0;
  --t0: #33658a; --t1: #86a8bf; --t2: #55708a; --t3: #a9bdca; --t4: #1f4b6e; --t5: #7291aa;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #101315; --panel: #181c1f; --line: #30363a; --ink: #e9e7e2; --soft: #a8a59d;
    --up: #62cf97; --down: #ff8b80; --warn: #f0b757; --calm: #84b9f7; --drain: #c5a8f5; --idle: #9b988f;
    --bad-paper: #3a1d1b; --warn-paper: #332a17; --focus: #a8c7fa;
    --t0: #6fa3c8; --t1: #3f617a; --t2: #8fb3cd; --t3: #2f4d63; --t4: #a9c9df; --t5: #527a96;
  }
}
* { box-sizing: border-box; }
html { font-size: clamp(15px, 0.42vw + 9.5px, 26px); -webkit-text-size-adjust: 100%; }
html.few { font-size: clamp(15px, 1.05vw + 2.5px, 44px); }
body {
  margin: 0; background: var(--paper); color: var(--ink); line-height: 1.4;
  font-family: ui-sans-serif, system-ui, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums; padding: 0 clamp(0.8rem, 1.6vw, 2.4rem) 1rem;
}
a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: none; }
h1, h2, h3, h4, p, ul, ol, dl, dd { margin: 0; }
code, h3, th[scope="row"] { font-family: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.shapes { display: none; }
.skip { position: absolute; left: 0.5rem; top: -5rem; background: var(--panel); padding: 0.4rem 0.8rem; z-index: 3; }
.skip:focus { top: 0.5rem; }
.plain { list-style: none; padding: 0; }

.mark { width: 0.85em; height: 0.85em; vertical-align: -0.06em; fill: currentColor; flex: none; }
.k-up { color: var(--up); fill: var(--up); }
.k-down, .k-error { color: var(--down); fill: var(--down); }
.k-warning, .k-fallback { color: var(--warn); fill: var(--warn); }
.k-maintenance, .k-notice { color: var(--calm); fill: var(--calm); }
.k-drained { color: var(--drain); fill: var(--drain); }
.k-unknown, .k-standby, .k-former, .k-info { color: var(--idle); fill: var(--idle); }

.top { display: flex; flex-wrap: wrap; align-items: end; justify-content: space-between; gap: 0.3rem 2rem; padding: 1.1rem 0 0.9rem; }
.head h1 { font-size: 1.9rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.015em; text-wrap: balance; }
.head h1 .mark { width: 0.7em; height: 0.7em; vertical-align: 0.02em; }
.where, .live { color: var(--soft); overflow-wrap: anywhere; }
.where b { color: var(--ink); font-weight: 600; }
.live { font-size: 0.95rem; }
.is-live::before { content: ""; display: inline-block; width: 0.55em; height: 0.55em; border-radius: 50%; background: var(--up); margin-right: 0.45em; }
.is-lost { color: var(--down); font-weight: 600; }

.columns { display: grid; gap: 1.2rem; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 64rem) { .columns { grid-template-columns: minmax(0, 1fr) clamp(19rem, 23vw, 34rem); } }
.services { display: grid; gap: 0.9rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 32rem), 1fr)); align-items: start; }
.many .services { gap: 0.6rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); }
.many .is-nobody, .many .is-trouble { grid-column: 1 / -1; }

.service, .box { background: var(--panel); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.75rem 0.9rem 0.8rem; min-width: 0; }
.box + .box, .one > * + * { margin-top: 0.9rem; }
#trouble > .box, #file > .box { margin-bottom: 0.9rem; }
#orders > .box { margin-bottom: 1.2rem; }
.is-nobody.service, .box.is-trouble { border-color: var(--down); box-shadow: inset 0.25rem 0 0 var(--down); }
.is-trouble.service, .box.is-warning { border-color: var(--warn); box-shadow: inset 0.25rem 0 0 var(--warn); }
.is-notice.service, .box.is-notice { box-shadow: inset 0.25rem 0 0 var(--calm); }
.is-nobody.service { background: var(--bad-paper); }
.service > header { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: baseline; justify-content: space-between; }
h3 { font-size: 1.02rem; font-weight: 600; overflow-wrap: anywhere; }
h3 .mark { margin-right: 0.4em; }
h2 { font-size: 1.02rem; font-weight: 650; margin-bottom: 0.4rem; }
h4 { font-size: 0.95rem; margin-top: 0.3rem; font-weight: 600; overflow-wrap: anywhere; }
.facts { color: var(--soft); }
.facts b { color: var(--ink); font-weight: 600; }
.chip { border: 1px solid var(--line); border-radius: 1em; padding: 0 0.55em; font-size: 0.88em; white-space: nowrap; }
.chip.is-bad { border-color: var(--down); color: var(--down); font-weight: 600; }
.bad { color: var(--down); }
.bar { display: block; width: 100%; height: 0.5rem; margin: 0.45rem 0 0.1rem; border-radius: 2px; overflow: hidden; }
.t0 { fill: var(--t0); background: var(--t0); } .t1 { fill: var(--t1); background: var(--t1); }
.t2 { fill: var(--t2); background: var(--t2); } .t3 { fill: var(--t3); background: var(--t3); }
.t4 { fill: var(--t4); background: var(--t4); } .t5 { fill: var(--t5); background: var(--t5); }

table { width: 100%; border-collapse: collapse; margin-top: 0.35rem; }
caption { text-align: left; color: var(--soft); }
th, td { text-align: left; vertical-align: top; padding: 0.28rem 0.7rem 0.28rem 0; font-weight: 400; overflow-wrap: anywhere; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-size: 0.82rem; padding-bottom: 0.1rem; overflow-wrap: normal; }
tbody tr { border-top: 1px solid var(--line); }
tbody th { font-size: 0.93rem; }
.number { text-align: right; white-space: nowrap; }
.number i { display: inline-block; width: 0.6em; height: 0.6em; border-radius: 2px; margin-right: 0.4em; }
small { color: var(--soft); font-size: 0.85em; }
.why { display: block; font-family: ui-sans-serif, system-ui, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; color: var(--soft); }
.server { position: relative; }
tr.server { color: var(--ink); }
tr.k-down .state { color: var(--down); } tr.k-down .why { color: var(--down); }
tr.k-fallback .state { color: var(--warn); }
.state { white-space: nowrap; }
.state small { display: block; padding-left: 1.15em; }
td.hour { width: 32%; min-width: 5.5rem; padding-top: 0.42rem; }
.strip {
  display: block; width: 100%; height: 1rem; border-bottom: 1px solid var(--line);
  mask: repeating-linear-gradient(90deg, #000 0 calc(100% / 60 - 1px), transparent 0 calc(100% / 60));
}
.note {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
td.hour:hover .note, tr:focus-within .note {
  width: auto; height: auto; clip-path: none; overflow: visible; z-index: 2; left: 0; right: 0; top: 100%;
  background: var(--ink); color: var(--paper); padding: 0.5rem 0.7rem; border-radius: 0.4rem; font-size: 0.9rem;
}
.note > span { display: block; }
details { margin-top: 0.4rem; }
summary { cursor: pointer; color: var(--soft); width: fit-content; }
.rows { margin-top: 0.3rem; }
details .rows ~ .all, .all:has(~ .rows) { display: none; }

aside .box { padding-bottom: 0.6rem; }
#timeline li { display: grid; grid-template-columns: auto auto minmax(0, 1fr); gap: 0 0.5rem; padding: 0.22rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; font-size: 0.93rem; align-items: baseline; }
#timeline time { color: var(--soft); }
.sev-error span { color: var(--down); }
[class^="sign-"] { display: inline-block; width: 1em; text-align: center; }
.sign-add { color: var(--up); } .sign-remove { color: var(--down); } .sign-change { color: var(--warn); }
#file li { overflow-wrap: anywhere; }
#file h3 { font-family: inherit; margin-top: 0.4rem; font-size: 0.95rem; }
.one { max-width: 70rem; }
.one h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
.one .box p { margin-top: 0.35rem; max-width: 62rem; }
.one dl { display: flex; flex-wrap: wrap; gap: 0.2rem 2rem; margin-top: 0.5rem; }
dl div { display: flex; gap: 0.6rem; } dt { color: var(--soft); }
.results caption { margin-top: 0.7rem; }
.pages { display: flex; flex-wrap: wrap; gap: 0.2rem 0.9rem; list-style: none; padding: 0; margin-top: 1rem; }
footer { color: var(--soft); font-size: 0.88rem; margin-top: 1.2rem; }

@media (max-width: 40rem) {
  .head h1 { font-size: 1.45rem; }
  .number:nth-child(5) { display: none; }
  th, td { padding-right: 0.45rem; }
  td.hour { width: 27%; min-width: 4.4rem; }
  .strip { mask: none; }
  thead th { font-size: 0.75rem; }
  tbody th, td.state, td.number { font-size: 0.86rem; }
  .state small { display: none; }
}
@media (prefers-reduced-motion: no-preference) {
  html { scroll-behavior: smooth; }
}
@media print { body { background: none; } .live, footer { display: none; } }
`;

export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#1f4b6e"/><path d="M3 11.5h10M3 8h7M3 4.5h10" stroke="#fff" stroke-width="1.8" stroke-linecap="round"/></svg>`;
