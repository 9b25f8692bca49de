import { expect, test } from "vitest";
import { overview } from "../../../src/page/document.ts";
import type { Rendered } from "../../../src/page/parts.ts";
import { rendering, type Scene } from "../../../src/page/render.ts";
import { StateHistory } from "../../../src/page/state-history.ts";
import type { ServerState } from "../../../src/status/servers.ts";
import type { ServiceState, Snapshot } from "../../../src/status/snapshot.ts";

const at = 36 * 3_600_000;

/** So many virtual services of so many servers each. @param state of the server at a place among all */
function sceneOf(
  services: number,
  each: number,
  state: (place: number) => ServerState["state"],
): Scene {
  const history = new StateHistory();
  const serversOf = (service: number) =>
    Array.from({ length: each }, (_, i): ServerState => {
      const place = service * each + i;
      const server = `[2001:db8:1234:5678:9abc:def0:${place}:1]:8080`;
      return {
        ...{ role: "real", server, row: server, state: state(place), since: at - 60_000 },
        endpoint: { address: "2001:db8::1", port: 8080 },
        ...{ forwarding: "masq", fileWeight: 1, weight: 1, decidedBy: "health" },
        lastVerdict: {
          ...{ at, isUp: false, reason: "mismatch", durationMs: 1 },
          detail: `<${"x".repeat(200)}>`,
        },
      };
    });
  const all = Array.from({ length: services }, (_, i): ServiceState => {
    const servers = serversOf(i);
    return {
      ...{ id: `tcp:192.0.2.1:${i + 1}`, name: `192.0.2.1:${i + 1}` },
      key: { kind: "address", protocol: "tcp", endpoint: { address: "192.0.2.1", port: i + 1 } },
      ...{ isLeaving: false, isInTable: true, scheduler: "wrr", isFallbackOn: false },
      usable: servers.some((server) => server.state === "up") ? "some" : "none",
      ...{ refused: [], edits: [], servers },
    };
  });
  const snapshot = {
    ...{ version: 1, at, phase: "running", path: "/etc/ha.d/ldirectord.cf", isAutoreload: false },
    ...{ services: all, orders: [], localFaults: [] },
    statistics: { punctuality: { started: 1, late: 0, worstMs: 0 } },
  } as unknown as Snapshot;
  // It flaps: the strips are as long as they can be.
  for (let before = 20; before > 0; before--) {
    const flapped = all.map((service) => ({
      ...service,
      servers: service.servers.map((server) => ({
        ...server,
        state: before % 2 === 0 ? ("up" as const) : ("down" as const),
        since: at - before * 160_000,
      })),
    }));
    history.note({ at: at - before * 160_000, services: flapped });
  }
  return { host: "lb1", snapshot, history, shares: new Map(), onDisk: undefined, records: [] };
}

/** All of it, and the most characters that one step has added. */
function rendered(scene: Scene): { it: Rendered; steps: number } {
  const made = rendering(scene);
  for (let steps = 1; ; steps++) {
    const { done, value } = made.next();
    if (done === true) return { it: value, steps };
  }
}

test.for([
  ["one service of 2,000, all down", 1, 2_000, "down"],
  ["100 services of 20, all down", 100, 20, "down"],
  ["2,000 services of one, all down", 2_000, 1, "down"],
  ["100 services of 20, all well", 100, 20, "up"],
] as const)("%s: less than a megabyte, a service a step", ([, services, each, state]) => {
  const scene = sceneOf(services, each, () => state);
  const { it, steps } = rendered(scene);
  const shown = overview({ scene, rendered: it, tag: "e.1" }, it, { page: 1, every: undefined });
  expect(Buffer.byteLength(shown)).toBeLessThan(1_000_000);
  expect(steps).toBeGreaterThan(services);
});

test("trouble comes first, each kind in the file's order", () => {
  const down = new Set([2, 3, 7]);
  const { it } = rendered(sceneOf(5, 2, (place) => (down.has(place) ? "down" : "up")));
  expect(it.order).toEqual([2, 4, 1, 3, 5].map((port) => `s-tcp-192.0.2.1-${port}`));
  expect(it.title).toBe("1 service has nobody, 3 of 10 real servers are down · lb1");
});

test("of many, those in trouble are shown, and the others are a click away", () => {
  const { it } = rendered(sceneOf(10, 20, (place) => (place === 25 ? "down" : "up")));
  const text = it.parts.get("s-tcp-192.0.2.1-2") ?? "";
  expect(text.match(/<tr class="server/g)).toHaveLength(1);
  expect(text).toContain('<a class="all" href="service?id=tcp%3A192.0.2.1%3A2">');
  expect(it.parts.get("s-tcp-192.0.2.1-1")).not.toContain("<tr");
});

test("what does not fit on a page is on the next", () => {
  const scene = sceneOf(450, 1, () => "up");
  const first = rendered(scene).it;
  const shown = overview({ scene, rendered: first, tag: "e.1" }, first, {
    page: 1,
    every: undefined,
  });
  expect(first.order).toHaveLength(200);
  expect(shown).toContain('href="./?page=3"');
  const made = rendering(scene, 3);
  let step = made.next();
  while (step.done !== true) step = made.next();
  expect(step.value.order).toHaveLength(50);
});
