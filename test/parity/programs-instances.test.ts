import { forkScenes } from "./cases/scenes/fork.ts";
import { instanceScenes } from "./cases/scenes/instances.ts";
import { reloadScenes } from "./cases/scenes/reload.ts";
import { compareScenes } from "./scene-bench.ts";

compareScenes([...instanceScenes, ...forkScenes, ...reloadScenes]);
