/** What may be with a real server, and the cause that is to be named for it. */
import type { DownReason } from "../../../checks/check.ts";
import type { OrderBook } from "../../../src/orders/book.ts";
import type { Beside } from "../../../src/status/causes.ts";
import type { Explanation } from "../../../src/status/explain.ts";
import type { ServerState } from "../../../src/status/servers.ts";
import type { ServiceState } from "../../../src/status/snapshot.ts";
import { drain, maintenance, weight } from "../orders/orders.ts";

export const A = "10.0.0.3:80";
/** When it is asked. */
export const at = Date.UTC(2026, 10, 30, 12);

export interface Scene {
  readonly server?: Partial<ServerState>;
  readonly service?: Partial<ServiceState>;
  readonly beside?: Partial<Beside>;
  readonly orders?: readonly (Parameters<OrderBook["with"]>[0] & { readonly left?: number })[];
}

const good = { at, isUp: true, detail: "200 OK", durationMs: 3 };
export const bad = (reason: DownReason) => ({
  at,
  isUp: false,
  reason,
  detail: "its words",
  durationMs: 30.4,
});
export const out = { state: "down", weight: undefined as never, decidedBy: "health" } as const;
const fault = { at, code: "EMFILE", detail: "connect EMFILE" };

export const cases: readonly [
  name: string,
  scene: Scene,
  cause: Explanation["cause"],
  says: RegExp,
  remedy?: RegExp,
][] = [
  ["up", { server: { lastVerdict: good } }, "up", /^It is in: its check says 200 OK\.$/],
  ["adopted at the start", {}, "up", /^It is in: it had a weight when the daemon started\.$/],
  [
    "on the spare",
    { server: { lastVerdict: good }, service: { role: "spare", roleWhy: "it says so" } },
    "up",
    /This director is the spare of its virtual service \(it says so\): clients come to another one/,
  ],
  [
    "weight 0 in the file",
    { server: { fileWeight: 0, weight: 0, lastVerdict: good } },
    "up",
    /Its weight is 0, as the file says/,
  ],
  [
    "up, and its row not written yet",
    { server: { weight: undefined as never } },
    "up",
    /It has no row in the table yet/,
  ],
  [
    "failing",
    { server: { failures: 2, lastVerdict: bad("timeout") } },
    "failing",
    /failed 2 of the 3 times in a row .*failurecount.*: timeout: its words/,
  ],
  [
    "maintenance by a file",
    { server: { state: "maintenance", maintenanceFile: "web3" } },
    "maintenance-file",
    /^The file \/etc\/ha\.d\/out\/web3 holds it out/,
    /^Remove \/etc\/ha\.d\/out\/web3;/,
  ],
  [
    "maintenance by order",
    { server: { state: "maintenance" }, orders: [maintenance(A, { reason: "new disk" })] },
    "maintenance-order",
    /given by root at 1970.*: maintenance of 10\.0\.0\.3:80: new disk\. Nobody checks it/,
    /^ldirectorctl maintenance 10\.0\.0\.3:80 off;/,
  ],
  [
    "maintenance of the whole service",
    { server: { state: "maintenance" }, orders: [maintenance("in 10.0.0.1:80")] },
    "maintenance-order",
    /maintenance of 10\.0\.0\.1:80/,
    /^ldirectorctl maintenance 10\.0\.0\.1:80 off;/,
  ],
  [
    "a file and an order",
    { server: { state: "maintenance", maintenanceFile: "web3" }, orders: [maintenance(A)] },
    "maintenance-file",
    /out\/web3/,
  ],
  [
    "a drain under way",
    {
      server: { state: "drained", weight: 0, decidedBy: "drain" },
      orders: [{ ...drain(A, { deadline: at + 90_000, reason: "new disk" }), left: 7 }],
    },
    "drain",
    /root drains it since .* \(new disk\): no new connections\. 7 connections are open; its deadline is in 90 s\./,
    /^ldirectorctl undrain 10\.0\.0\.3:80$/,
  ],
  [
    "a drain of a table that can not tell",
    { server: { state: "drained" }, orders: [drain(A, { deadline: at })] },
    "drain",
    /An unknown number of connections are open; its deadline is in 0 s/,
  ],
  [
    "a drain that ended idle",
    { server: { state: "drained" }, orders: [drain(A, { ended: { at, cause: "idle", left: 0 } })] },
    "drain",
    /Since 2026-11-30 12:00:00Z nobody is connected any more/,
  ],
  [
    "a drain whose deadline came",
    {
      server: { state: "drained" },
      orders: [drain(A, { ended: { at, cause: "deadline", left: 4 } })],
    },
    "drain",
    /Its deadline came at 2026-11-30 12:00:00Z, with 4 connections open/,
  ],
  [
    "a drain whose deadline came unseen",
    { server: { state: "drained" }, orders: [drain(A, { ended: { at, cause: "deadline" } })] },
    "drain",
    /with an unknown number of connections open/,
  ],
  [
    "down, and drained",
    { server: { ...out, lastVerdict: bad("refused") }, orders: [drain(A)] },
    "refused",
    /Nobody listens there.*root drains it, too.*ldirectorctl undrain 10\.0\.0\.3:80/,
  ],
  [
    "maintained, and drained",
    { server: { state: "maintenance" }, orders: [maintenance(A), drain(A)] },
    "maintenance-order",
    /root drains it, too/,
  ],
  [
    "a weight by hand",
    {
      server: { weight: 9, decidedBy: "hand" },
      service: { edits: [{ row: A, found: "masq weight 9" }] },
    },
    "hand",
    /Another hand \(ipvsadm\) changed its row: masq weight 9; the file says weight 5/,
    /^ldirectorctl weight 10\.0\.0\.3:80 N/,
  ],
  [
    "a weight by order",
    { server: { weight: 9, decidedBy: "order" }, orders: [weight(A, 9, { reason: "warm up" })] },
    "weight-order",
    /root gave it this weight at .*: weight 9 for 10\.0\.0\.3:80: warm up; the file says 5/,
    /--reset$/,
  ],
  [
    "a row that the kernel refuses",
    { server: out, service: { refused: [`add real server ${A} to 10.0.0.1:80`] } },
    "refused",
    /^The kernel refuses to add real server 10\.0\.0\.3:80 to 10\.0\.0\.1:80\./,
  ],
  [
    "a service that the kernel refuses",
    {
      server: { weight: undefined as never },
      service: {
        isInTable: false,
        refused: ["add virtual service 10.0.0.1:80 with scheduler wrrr"],
      },
    },
    "refused",
    /refuses to add virtual service 10\.0\.0\.1:80 with scheduler wrrr/,
  ],
  [
    "a row of another server is refused",
    {
      service: {
        refused: [
          "add real server 10.0.0.3:8080 to 10.0.0.1:80",
          "add real server 110.0.0.3:80 to 10.0.0.1:80",
        ],
      },
    },
    "up",
    /^It is in/,
  ],
  [
    "a row without a port is refused",
    { server: { row: "10.0.0.3:0" }, service: { refused: ["add real server 10.0.0.3 to 5"] } },
    "refused",
    /refuses/,
  ],
  [
    "local trouble at the first check",
    { server: { state: "unknown", lastFault: fault } },
    "local-trouble",
    /^It has had no verdict yet\. .*because of this machine, and the server is not blamed: EMFILE/,
    /local-fault/,
  ],
  [
    "local trouble later",
    { server: { lastVerdict: good, lastFault: fault } },
    "local-trouble",
    /^It is in, as it was\. .*EMFILE/,
  ],
  [
    "local trouble of one that is down",
    { server: { ...out, lastVerdict: bad("refused"), lastFault: fault } },
    "refused",
    /Its newest check came to nothing because of this machine: EMFILE/,
  ],
  [
    "not asked yet",
    { server: { state: "unknown", weight: 0 } },
    "not-asked",
    /^It has not answered a check yet/,
    /it is asked every 10 s\.$/,
  ],
  [
    "checktype=on",
    { beside: { fixed: "nobody asks it (checktype=on)" } },
    "fixed",
    /^It is in: nobody asks it \(checktype=on\)\.$/,
  ],
  [
    "checktype=off, without a row",
    { server: out, beside: { fixed: "checktype=off: nobody asks it" } },
    "fixed",
    /^It counts as down since 2026-11-30 11:59:00Z: checktype=off: nobody asks it\.$/,
    /^Change its check in web\.cf/,
  ],
  [
    "the fallback, with the traffic",
    { server: { role: "fallback", state: "fallback" } },
    "fallback",
    /the fallback has the traffic/,
  ],
  [
    "the fallback, idle",
    { server: { role: "fallback", state: "standby" } },
    "fallback",
    /^The fallback waits/,
  ],
  [
    "a row of a former file",
    { server: { role: "unnamed", state: "former" } },
    "former",
    /^The file does not name it/,
  ],
  [
    "nobody left in its service",
    { server: { ...out, lastVerdict: bad("closed") }, service: { usable: "none" } },
    "closed",
    /Its virtual service has no real server that can be used\.$/,
  ],
];
