import type { Scene } from "../scene.ts";
import { commandScenes } from "./scenes/commands.ts";
import { forkScenes } from "./scenes/fork.ts";
import { instanceScenes } from "./scenes/instances.ts";
import { logScenes } from "./scenes/log.ts";
import { reloadScenes } from "./scenes/reload.ts";

/** All there are. */
export const scenes: readonly Scene[] = [
  ...commandScenes,
  ...logScenes,
  ...instanceScenes,
  ...forkScenes,
  ...reloadScenes,
];
