import { testsIn } from "./debian.ts";

testsIn("trixie", "deb13");
