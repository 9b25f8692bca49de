import { commandScenes } from "./cases/scenes/commands.ts";
import { compareScenes } from "./compare-scenes.ts";
import { expectMet } from "./parity.ts";

compareScenes(commandScenes);
expectMet("blank-lines");
