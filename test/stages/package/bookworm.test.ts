import { testsIn } from "./debian.ts";

testsIn("bookworm", "deb12");
