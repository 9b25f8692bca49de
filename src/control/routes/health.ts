import { serviceName } from "../../model/virtual-service.ts";
import { route, value } from "../route.ts";

export const healthRoutes = [
  route({
    method: "GET",
    path: "/v1/health",
    summary: "the word of health of each virtual service",
    answer:
      "services: each with id, name, word (usable, degraded, nobody, unknown), up, how many of its real servers clients can use, and of, how many it has",
    run: (director) =>
      value({
        services: director
          .health()
          .map(({ key, id, word, up, of }) => ({ id, name: serviceName(key), word, up, of })),
      }),
  }),
];
