import { logScenes } from "./cases/scenes/log.ts";
import { compareScenes } from "./compare-scenes.ts";

compareScenes(logScenes);
