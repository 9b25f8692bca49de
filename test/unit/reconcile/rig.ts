import { vi } from "vitest";
import { EmbeddedIpvs } from "../../../src/ipvs/embedded-ipvs.ts";
import type { Ipvs } from "../../../src/ipvs/ipvs.ts";
import { serviceId, serviceName, type VirtualService } from "../../../src/model/virtual-service.ts";
import { Reconciler, type ReconcilerOptions } from "../../../src/reconcile/reconciler.ts";
import { config, serverRow } from "../../support/builders.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";
import { ScriptedIpvs } from "../../support/fakes/scripted-ipvs.ts";
import { SetHealth } from "./set-health.ts";
import { lines } from "./table-lines.ts";

export type Phase = "up" | "down" | "unknown";

/** A reconciler on an embedded table, with everything around it in a test's hands. */
export function rig(options: Partial<ReconcilerOptions> = {}, table: Ipvs = new EmbeddedIpvs()) {
  const ipvs = new ScriptedIpvs(table);
  const view = new SetHealth();
  const log = memoryLog();
  /** `start 10.0.0.1:80` */
  const commands: string[] = [];
  const reconciler = new Reconciler({
    ipvs,
    view,
    log,
    onFallback: (virtual, state) => void commands.push(`${state} ${serviceName(virtual.key)}`),
    rereadMs: 0,
    ...options,
  });
  return {
    ipvs,
    view,
    log,
    commands,
    reconciler,
    async start(virtuals: readonly VirtualService[], more: Parameters<typeof config>[1] = {}) {
      await reconciler.start(config(virtuals, more), await ipvs.table.list());
    },
    async reload(virtuals: readonly VirtualService[], more: Parameters<typeof config>[1] = {}) {
      await reconciler.reload(config(virtuals, more));
    },
    /** One server moves on, and the table with it. */
    async becomes(phase: Phase, virtual: VirtualService, server: string) {
      view.set(virtual.key, server, phase);
      reconciler.touch(serviceId(virtual.key));
      await reconciler.settled();
    },
    /** What `ipvsadm -e`, or `-a`, does. */
    async byHand(virtual: VirtualService, server: string, weight: number) {
      const dest = serverRow(server, { weight });
      const [refused] = await table.apply([{ kind: "set-dest", key: virtual.key, dest }]);
      if (refused !== undefined) await table.apply([{ kind: "add-dest", key: virtual.key, dest }]);
    },
    async table() {
      return lines(await table.list());
    },
    /** The log's lines since the last time, and forgets them. */
    newLines: sinceLast(log.lines),
  };
}

export type Rig = ReturnType<typeof rig>;

/** Lets so much faked time go by; what a timer begins is done before the next second. */
export async function pass(it: Rig, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    await vi.advanceTimersByTimeAsync(Math.min(left, 1_000));
    await it.reconciler.settled();
  }
}

function sinceLast(all: readonly string[]): () => readonly string[] {
  let seen = 0;
  return () => {
    const fresh = all.slice(seen);
    seen = all.length;
    return fresh;
  };
}
