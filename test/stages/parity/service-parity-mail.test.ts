import { compareWithOriginal } from "./service-parity.ts";

compareWithOriginal("mail");
