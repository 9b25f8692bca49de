import { checks, fork, globals, health, readd } from "./cases/health.ts";
import { compareGroups } from "./parity.ts";

compareGroups("servers", [health, checks, readd, fork, globals]);
