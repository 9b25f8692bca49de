import { forkScenes } from "./cases/scenes/fork.ts";
import { instanceScenes } from "./cases/scenes/instances.ts";
import { reloadScenes } from "./cases/scenes/reload.ts";
import { compareScenes } from "./compare-scenes.ts";

compareScenes([...instanceScenes, ...forkScenes, ...reloadScenes]);
