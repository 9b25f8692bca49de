import { commandScenes } from "./cases/scenes/commands.ts";
import { expectMet } from "./parity.ts";
import { compareScenes } from "./scene-bench.ts";

compareScenes(commandScenes);
expectMet("blank-lines");
