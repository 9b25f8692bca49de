import type { Route } from "./route.ts";
import { alertRoutes } from "./routes/alerts.ts";
import { eventRoutes } from "./routes/events.ts";
import { explainRoutes } from "./routes/explain.ts";
import { fileRoutes } from "./routes/files.ts";
import { healthRoutes } from "./routes/health.ts";
import { kernelRoutes } from "./routes/kernel.ts";
import { orderRoutes } from "./routes/orders.ts";
import { planRoutes } from "./routes/plan.ts";
import { reloadRoutes } from "./routes/reload.ts";
import { statusRoutes } from "./routes/status.ts";

/** All that the API does, in the order in which its documents tell it. */
export const routes: readonly Route[] = [
  ...statusRoutes,
  ...healthRoutes,
  ...explainRoutes,
  ...planRoutes,
  ...fileRoutes,
  ...eventRoutes,
  ...alertRoutes,
  ...orderRoutes,
  ...reloadRoutes,
  ...kernelRoutes,
];
