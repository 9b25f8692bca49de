import { expect, test } from "vitest";
import { createOrderDesk } from "../../../src/daemon/order-desk.ts";
import { EmbeddedIpvs } from "../../../src/ipvs/embedded-ipvs.ts";
import { OrderBook } from "../../../src/orders/book.ts";
import type { StateFile } from "../../../src/orders/state-file.ts";
import { realServer, tcp, virtualService } from "../../support/builders.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";

const by = { uid: 0, pid: 1, name: "root" };
const before = new OrderBook().with({
  kind: "drain",
  target: { real: { address: "10.0.0.3", port: 80 } },
  at: 0,
  by,
  deadline: 1,
  atEnd: "remove",
  ended: { at: 1, cause: "deadline" },
});
const file = {
  path: "nowhere",
  load: async () => ({ book: before }),
  save: async () => {},
} as unknown as StateFile;

test("an order of the run before is followed when it is taken back", async () => {
  const steered: [string, string[]][] = [];
  const desk = createOrderDesk({
    log: memoryLog(),
    file,
    ipvs: new EmbeddedIpvs(),
    supervisor: { follow: () => {} },
    reconciler: () => ({ steer: (id, rows) => steered.push([id, [...rows]]) }),
    virtuals: () => [virtualService(tcp("10.0.0.1:80"), [realServer("10.0.0.3:80")])],
  });
  await desk.open();
  await desk.takeBack("drain", undefined, by);
  expect(steered).toEqual([["tcp:10.0.0.1:80", ["10.0.0.3:80"]]]);
});
