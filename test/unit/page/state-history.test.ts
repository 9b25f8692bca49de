import { expect, test } from "vitest";
import { StateHistory } from "../../../src/page/state-history.ts";
import type { ServerState } from "../../../src/status/servers.ts";
import type { ServiceState } from "../../../src/status/snapshot.ts";

const minute = 60_000;
const hour = 60 * minute;

const server = (fields: Partial<ServerState>): ServerState => ({
  role: "real",
  server: "10.0.0.1:80",
  row: "10.0.0.1:80",
  endpoint: { address: "10.0.0.1", port: 80 },
  state: "up",
  forwarding: "masq",
  decidedBy: "file",
  ...fields,
});
const seen = (at: number, fields: Partial<ServerState>) => ({
  at,
  services: [{ id: "tcp:10.0.0.9:80", servers: [server(fields)] } as unknown as ServiceState],
});
const runsOf = (history: StateHistory) => history.of("tcp:10.0.0.9:80", "10.0.0.1:80");
const refused = {
  at: 0,
  isUp: false,
  reason: "refused",
  detail: "connection refused",
  durationMs: 1,
} as const;

test("one that stays as it is costs one run, however often it is looked at", () => {
  const history = new StateHistory();
  for (let at = 0; at < 10 * hour; at += minute) history.note(seen(at, { since: 0 }));
  expect(runsOf(history)).toEqual([{ from: 0, state: "up", why: "" }]);
});

test("a change has its own time and its reason", () => {
  const history = new StateHistory();
  history.note(seen(10 * minute, { since: 0 }));
  history.note(seen(20 * minute, { since: 19 * minute, state: "down", lastVerdict: refused }));
  expect(runsOf(history)).toEqual([
    { from: 0, state: "up", why: "" },
    { from: 19 * minute, state: "down", why: "refused: connection refused" },
  ]);
});

test("a drain begins when it is seen, though the server is up since long", () => {
  const history = new StateHistory();
  history.note(seen(minute, { since: 0 }));
  history.note(seen(2 * minute, { since: 0, state: "drained" }));
  expect(runsOf(history).map(({ from }) => from)).toEqual([0, 2 * minute]);
});

test("what ended more than an hour ago is forgotten", () => {
  const history = new StateHistory();
  history.note(seen(0, { since: 0 }));
  history.note(seen(minute, { since: minute, state: "down" }));
  history.note(seen(2 * minute, { since: 2 * minute }));
  history.note(seen(hour + 2 * minute, { since: 2 * minute }));
  expect(runsOf(history).map(({ from }) => from)).toEqual([2 * minute]);
});

test("of one that flaps no more is kept than a picture shows", () => {
  const history = new StateHistory();
  for (let at = 0; at < 5_000; at++) {
    history.note(seen(at, { since: at, state: at % 2 === 0 ? "up" : "down" }));
  }
  expect(runsOf(history)).toHaveLength(60);
  expect(runsOf(history).at(-1)).toMatchObject({ from: 4_999, state: "down" });
});

test("of one that is named no more nothing is kept, and words are cut", () => {
  const history = new StateHistory();
  const lastVerdict = { ...refused, detail: "x".repeat(10_000) };
  history.note(seen(0, { state: "down", since: 0, lastVerdict }));
  expect(runsOf(history)[0]?.why.length).toBeLessThan(200);
  history.note({ at: 1, services: [] });
  expect(runsOf(history)).toEqual([]);
});
