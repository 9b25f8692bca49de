import { logScenes } from "./cases/scenes/log.ts";
import { compareScenes } from "./scene-bench.ts";

compareScenes(logScenes);
