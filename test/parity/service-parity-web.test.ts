import { compareWithOriginal } from "../lab/service-parity.ts";

compareWithOriginal("web");
