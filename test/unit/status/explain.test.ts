import { expect, test } from "vitest";
import type { DownReason } from "../../../checks/check.ts";
import { OrderBook } from "../../../src/orders/book.ts";
import type { Order } from "../../../src/orders/order.ts";
import type { Beside } from "../../../src/status/causes.ts";
import { type Explanation, explain, explainUnresolved } from "../../../src/status/explain.ts";
import type { ServerState } from "../../../src/status/servers.ts";
import type { ServiceState } from "../../../src/status/snapshot.ts";
import { endpoint, tcp } from "../../support/builders.ts";
import { A, at, bad, cases, out, type Scene } from "./explain-cases.ts";

/** Of a server that is up with the file's weight, but for what a scene says. */
function explained({ server = {}, service = {}, beside = {}, orders = [] }: Scene): Explanation {
  const book = orders.reduce((all, order) => all.with(order), new OrderBook());
  const held = book.orders as readonly (Order & { left?: number })[];
  const full: ServerState = {
    role: "real",
    server: A,
    row: A,
    endpoint: endpoint(A),
    state: "up",
    since: at - 60_000,
    failures: 0,
    forwarding: "masq",
    fileWeight: 5,
    weight: 5,
    decidedBy: "file",
    ...(held.length > 0 && { orders: held.map(({ id }) => id) }),
    ...server,
  };
  const its: ServiceState = {
    id: "tcp:10.0.0.1:80",
    name: "10.0.0.1:80",
    key: tcp("10.0.0.1:80"),
    isLeaving: false,
    isInTable: true,
    scheduler: "wrr",
    isFallbackOn: false,
    refused: [],
    edits: [],
    servers: [full],
    ...service,
  };
  const snapshot = { at, path: "web.cf", maintenanceDir: "/etc/ha.d/out", orders: held };
  const known: Beside = {
    results: [],
    failureCount: 3,
    check: "http 10.0.0.3:80",
    intervalMs: 10_000,
    line: 12,
    ...beside,
  };
  return explain(snapshot, its, full, known);
}

test.for(cases)("%s", ([, scene, cause, says, remedy]) => {
  const it = explained(scene);
  expect(it.cause).toBe(cause);
  expect(it.sentences.join(" ")).toMatch(says);
  if (remedy !== undefined) expect(it.remedy).toMatch(remedy);
  expect(it.place).toBe("web.cf:12");
});

const meanings: Readonly<Record<DownReason, RegExp>> = {
  refused: /Nobody listens/,
  timeout: /No answer in time/,
  unreachable: /no way/,
  closed: /hung up/,
  tls: /certificate/,
  protocol: /something else/,
  auth: /login/,
  status: /says that it cannot/,
  mismatch: /not what the file wants/,
  internal: /ours/,
};

test.for(Object.entries(meanings) as [DownReason, RegExp][])(
  "down because of %s",
  ([reason, meaning]) => {
    const it = explained({ server: { ...out, lastVerdict: bad(reason) } });
    expect(it.cause).toBe(reason);
    expect(it.sentences[0]).toBe(
      `It is down since 2026-11-30 11:59:00Z. Its check (http 10.0.0.3:80) says ${reason}: its words (after 30 ms).`,
    );
    expect(it.sentences[1]).toMatch(meaning);
    expect(it.remedy).toBe("One good check brings it back; it is asked every 10 s.");
    expect(it.row).toBeUndefined();
  },
);

test("what it is told beside: the row in force, and the last results", () => {
  const results = [{ at, result: "up", kind: "verdict", detail: "200 OK", asked: "main" }] as const;
  expect(explained({ beside: { results } })).toMatchObject({
    service: "tcp:10.0.0.1:80",
    server: A,
    row: "masq weight 5",
    results,
  });
});

test("a name that has no address has no row, no service and no check", () => {
  const it = explainUnresolved("web3", 'web.cf:2: "web3": no name server answers');
  expect(it).toMatchObject({ cause: "unresolved", service: "", results: [] });
  expect(it.sentences[0]).toContain("no name server answers");
});
