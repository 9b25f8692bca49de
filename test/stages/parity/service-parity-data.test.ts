import { compareWithOriginal } from "./service-parity.ts";

compareWithOriginal("data");
