/** What comes while a change is under way: more changes, a reload, the end. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { serviceId, type VirtualService } from "../../../src/model/virtual-service.ts";
import { config, endpoint, realServer, tcp, virtualService } from "../../support/builders.ts";
import { pass, type Rig, rig } from "./rig.ts";

const key = tcp("10.0.0.1:80");
const id = serviceId(key);
const A = "10.0.0.3:80";
const B = "10.0.0.4:80";
const web = virtualService(key, [realServer(A, { weight: 5 }), realServer(B)]);
const mail = virtualService(tcp("10.0.0.1:25"), [realServer("10.0.0.3:25")]);
const moved = virtualService(tcp("10.0.0.2:80"), [realServer(A)]);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Once, when the next op is asked for. */
function atNextOp(it: Rig, act: () => void): void {
  it.ipvs.pause = async () => {
    it.ipvs.pause = () => Promise.resolve();
    act();
  };
}

function allUp(it: Rig, ...virtuals: readonly VirtualService[]): void {
  for (const { key: of, reals } of virtuals) {
    for (const { endpoint: at } of reals) it.view.set(of, `${at.address}:${at.port}`, "up");
  }
}

const farm = Array.from({ length: 12 }, (_, n) =>
  virtualService(
    tcp(`10.1.0.${n}:80`),
    Array.from({ length: 100 }, (_each, m) => realServer(`10.2.${n}.${m}:80`)),
  ),
);
/** How many services each piece of work was about. */
function pieces(it: Rig): number[] {
  const sizes: number[] = [];
  const apply = it.ipvs.apply.bind(it.ipvs);
  it.ipvs.apply = async (ops) => {
    sizes.push(new Set(ops.map((op) => serviceId("service" in op ? op.service.key : op.key))).size);
    return apply(ops);
  };
  return sizes;
}

describe("thousands of rows are brought in parts", () => {
  test("whether they are to be added or to be deleted", async () => {
    const it = rig();
    allUp(it, ...farm);
    const sizes = pieces(it);
    await it.start(farm);
    // Each part's services, and then their servers.
    expect(sizes).toEqual([5, 5, 5, 5, 2, 2]);
    sizes.length = 0;
    await it.reload(farm.map((service) => ({ ...service, reals: [] })));
    expect(sizes).toEqual([5, 5, 2]);
  });

  test("what changes meanwhile does not wait for all of them, what is to go does", async () => {
    const it = rig();
    allUp(it, web, ...farm);
    await it.start([web, mail]);
    it.ipvs.restartCount();
    atNextOp(it, () => {
      it.view.set(key, B, "down");
      it.reconciler.touch(id);
    });
    await it.reload([...farm, web]);
    const kinds = it.ipvs.ops.map(({ kind }) => kind);
    expect(kinds.at(-1)).toBe("delete-service");
    expect(kinds.filter((kind) => kind === "delete-service")).toHaveLength(1);
    expect(it.newLines().at(-1)).toBe("Purged virtual server (start): 10.0.0.1:25");
    expect(await it.table()).not.toContain(`${id} -> ${B} gate 1`);
  });

  test("the end waits for the part that is under way, and no other is begun", async () => {
    const it = rig();
    allUp(it, ...farm);
    let stopped: Promise<void> | undefined;
    atNextOp(it, () => {
      stopped = it.reconciler.stop();
    });
    await it.start(farm);
    await stopped;
    expect(it.ipvs.ops.filter(({ kind }) => kind === "add-service")).toHaveLength(5);
    expect(await it.table()).toEqual([]);
    expect(it.reconciler.snapshot()).toEqual([]);
  });
});

describe("a reload while a change is under way", () => {
  test("brings back a service that was just deleted", async () => {
    const it = rig();
    allUp(it, web);
    await it.start([web, mail]);
    let again: Promise<void> | undefined;
    atNextOp(it, () => {
      again = it.reload([web, mail]);
    });
    await it.reload([web]);
    await again;
    expect(await it.table()).toContain("tcp:10.0.0.1:25 wrr");
    await it.becomes("up", mail, "10.0.0.3:25");
    expect(await it.table()).toContain("tcp:10.0.0.1:25 -> 10.0.0.3:25 gate 1");
  });

  test("takes out a service that was just added", async () => {
    const it = rig();
    allUp(it, web);
    await it.start([web]);
    let again: Promise<void> | undefined;
    atNextOp(it, () => {
      again = it.reload([web]);
    });
    await it.reload([web, mail]);
    await again;
    expect(await it.table()).not.toContain("tcp:10.0.0.1:25 wrr");
    expect(it.reconciler.observed().size).toBe(1);
  });

  test("keeps one that bridges, though its servers changed in the same moment", async () => {
    const it = rig();
    allUp(it, web);
    await it.start([web]);
    it.view.set(key, B, "down");
    it.reconciler.touch(id);
    await it.reload([moved]);
    expect(await it.table()).toContain(`${id} -> ${A} gate 5`);
    expect(it.reconciler.snapshot().map(({ virtual: { key: of } }) => of)).toEqual([moved.key]);
    expect(it.reconciler.leaving()).toMatchObject([{ key, refused: [] }]);
    expect(it.reconciler.leaving()[0]?.observed.dests).toHaveLength(2);
    await it.becomes("up", moved, A);
    expect(it.reconciler.leaving()).toEqual([]);
  });
});

describe("while what is to go serves on, for nothing that the file names does yet", () => {
  async function bridging() {
    const it = rig({ rereadMs: 5_000 });
    allUp(it, web);
    await it.start([web]);
    await it.reload([moved]);
    return it;
  }

  test("another hand changes nothing about that", async () => {
    const it = await bridging();
    await it.byHand(web, A, 9);
    await it.ipvs.table.apply([{ kind: "delete-service", key: moved.key }]);
    await pass(it, 5_000);
    expect(await it.table()).toContain(`${id} -> ${A} gate 9`);
    expect(await it.table()).toContain("tcp:10.0.0.2:80 wrr");
  });

  test("a refused service of the file is tried again", async () => {
    const it = await bridging();
    it.ipvs.refuse = () => "EPERM";
    await it.reload([moved, mail]);
    it.ipvs.refuse = () => undefined;
    await pass(it, 1_000);
    expect(await it.table()).toContain("tcp:10.0.0.1:25 wrr");
    expect(await it.table()).toContain(`${id} -> ${A} gate 5`);
  });

  test("a deletion that was refused before is not made", async () => {
    const it = rig();
    allUp(it, web);
    await it.start([web]);
    it.ipvs.refuse = (op) => (op.kind === "delete-service" ? "EPERM" : undefined);
    await it.reload([]);
    it.ipvs.refuse = () => undefined;
    await it.reload([moved]);
    await pass(it, 60_000);
    expect(await it.table()).toContain(`${id} -> ${A} gate 5`);
    await it.becomes("up", moved, A);
    expect(await it.table()).not.toContain(`${id} wrr`);
  });
});

describe("at one moment", () => {
  test("a change, what had trouble and the look at all are each done", async () => {
    const it = rig({ rereadMs: 1_000 });
    allUp(it, web, mail);
    it.ipvs.refuse = (op) =>
      op.kind === "add-service" && op.service.key !== key ? "EPERM" : undefined;
    await it.start([web, mail]);
    it.ipvs.refuse = () => undefined;
    await it.byHand(web, A, 9);
    await pass(it, 1_000);
    expect(await it.table()).toContain("tcp:10.0.0.1:25 -> 10.0.0.3:25 gate 1");
    expect(it.reconciler.snapshot()[0]?.desired.dests[0]?.decidedBy).toBe("hand");
  });

  test.for([
    ["one with trouble", 0],
    ["the look at all", 1_000],
  ] as const)("a server that goes down, and %s", async ([, rereadMs]) => {
    const it = rig({ rereadMs });
    allUp(it, web);
    it.ipvs.refuse = (op) =>
      rereadMs === 0 && "service" in op && op.service.key !== key ? "EPERM" : undefined;
    await it.start(rereadMs === 0 ? [web, mail] : [web]);
    it.ipvs.refuse = () => undefined;
    it.ipvs.restartCount();
    vi.advanceTimersByTime(1_000);
    it.view.set(key, B, "down");
    it.reconciler.touch(id);
    await it.reconciler.settled();
    expect(it.ipvs.lists).toBe(1);
    expect(await it.table()).not.toContain(`${id} -> ${B} gate 1`);
    expect((await it.table()).includes("tcp:10.0.0.1:25 wrr")).toBe(rereadMs === 0);
  });
});

describe("the end", () => {
  test("leaves no timer behind, of a look or of a next try", async () => {
    const it = rig({ rereadMs: 5_000 });
    it.ipvs.refuse = (op) => (op.kind === "add-dest" ? "EPERM" : undefined);
    allUp(it, web);
    await it.start([web]);
    expect(vi.getTimerCount()).toBe(2);
    await it.reconciler.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("comes after a look that is under way, which begins no other", async () => {
    const it = rig({ rereadMs: 5_000 });
    await it.start([web]);
    const list = it.ipvs.list.bind(it.ipvs);
    let stopped: Promise<void> | undefined;
    it.ipvs.list = (only) => {
      stopped = it.reconciler.stop();
      return list(only);
    };
    await pass(it, 5_000);
    await stopped;
    expect(vi.getTimerCount()).toBe(0);
    expect(await it.table()).toEqual([]);
  });

  test("is final: no reload brings anything back", async () => {
    const it = rig();
    await it.start([web]);
    await it.reconciler.stop();
    await it.reload([web]);
    expect(await it.table()).toEqual([]);
    expect([it.reconciler.snapshot(), it.reconciler.observed().size]).toEqual([[], 0]);
  });

  test("takes along what was on its way out, with no word of its servers", async () => {
    const it = rig();
    allUp(it, web);
    await it.start([web]);
    await it.reload([moved]);
    it.newLines();
    await it.reconciler.stop();
    expect(it.newLines()).toEqual([
      "Purged virtual server (stop): 10.0.0.2:80",
      "Purged virtual server (stop): 10.0.0.1:80",
    ]);
    expect(await it.table()).toEqual([]);
  });

  test("says nothing of a service that never was, and no error of one that is gone", async () => {
    const it = rig();
    it.ipvs.refuse = (op) => ("service" in op && op.service.key === key ? "EPERM" : undefined);
    await it.start([web, mail]);
    await it.ipvs.table.apply([{ kind: "delete-service", key: mail.key }]);
    it.newLines();
    await it.reconciler.stop();
    expect(it.newLines()).toEqual(["Purged virtual server (stop): 10.0.0.1:25"]);
  });

  test("leaves to who runs next what that one names, and nothing else", async () => {
    const it = rig();
    await it.start([web, { ...mail, isCleanStop: false }]);
    await it.reconciler.stop(config([web]));
    expect(await it.table()).toEqual([`${id} wrr`]);
  });

  test("with cleanstop=no leaves alone only what the file names", async () => {
    const it = rig();
    allUp(it, web);
    const kept = { ...moved, isCleanStop: false };
    await it.start([{ ...web, isCleanStop: false }]);
    await it.reload([kept]);
    await it.reconciler.stop();
    expect(await it.table()).toEqual(["tcp:10.0.0.2:80 wrr"]);
  });
});

test("a bug after a change was made blames nobody for that change", async () => {
  const it = rig();
  const quiet = { ...web, isQuiescent: true };
  allUp(it, web);
  await it.start([quiet]);
  it.ipvs.seen = () => {
    it.ipvs.seen = () => {};
    throw new TypeError("a bug");
  };
  await it.becomes("down", quiet, A);
  expect(await it.table()).toContain(`${id} -> ${A} gate 0`);
  await it.becomes("up", quiet, A);
  await pass(it, 60_000);
  expect(await it.table()).toContain(`${id} -> ${A} gate 5`);
  expect(it.newLines().join()).not.toContain("another hand");
});

test("before anything is done, nothing is shown", async () => {
  const it = rig();
  const started = it.start([web]);
  expect(it.reconciler.snapshot()).toEqual([]);
  await started;
  expect(it.reconciler.snapshot()).toHaveLength(1);
});

test("a stranger's server leaves its service with the place that it had", async () => {
  const it = rig({ rereadMs: 7_000 });
  allUp(it, web);
  await it.start([web]);
  const dest = { endpoint: endpoint("10.0.0.9:80"), forwarding: "gate", weight: 1 } as const;
  const limits = { upperThreshold: 0, lowerThreshold: 0 };
  await it.ipvs.table.apply([{ kind: "add-dest", key, dest: { ...dest, ...limits } }]);
  await pass(it, 6_999);
  expect(await it.table()).toHaveLength(4);
  await pass(it, 1);
  expect(await it.table()).toHaveLength(3);
});
