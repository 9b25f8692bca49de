import type { Route } from "./route.ts";
import { planRoutes } from "./routes/plan.ts";
import { statusRoutes } from "./routes/status.ts";

/** All that the API does, in the order in which its documents tell it. */
export const routes: readonly Route[] = [...statusRoutes, ...planRoutes];
