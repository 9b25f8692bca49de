import { afterAll, beforeAll, describe, test } from "vitest";
import { expectNone } from "./expect-none.ts";
import { Rig } from "./rig.ts";
import type { Scene } from "./scene.ts";
import { playScene, type SceneFindings } from "./scene-run.ts";

/** Scenes under way at once: a daemon mostly sleeps, but each has its memory. */
const atOnce = 3;

/** A test for each act; PARITY_ONLY chooses scenes by a part of their name. */
export function compareScenes(scenes: readonly Scene[]): void {
  const only = process.env["PARITY_ONLY"];
  const chosen = scenes.filter(({ name }) => !only || name.includes(only));
  const findings = new Map<Scene, Promise<SceneFindings>>();
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.open(Math.max(1, chosen.length));
    const lanes: Promise<unknown>[] = [];
    chosen.forEach((scene, i) => {
      const run = (lanes[i - atOnce] ?? Promise.resolve()).then(() => playScene(rig, scene, i));
      lanes.push(run);
      findings.set(scene, run);
    });
  });
  afterAll(() => rig?.close());

  describe.for(chosen)("an operator: $name", (scene) => {
    for (const act of scene.acts) {
      test(act.name, async () => {
        expectNone((await findings.get(scene))?.get(act));
      });
    }
  });
}
