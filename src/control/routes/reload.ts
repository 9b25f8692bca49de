import { route, value } from "../route.ts";

export const reloadRoutes = [
  route({
    method: "POST",
    path: "/v1/reload",
    summary: "reads the configuration again, and waits for what becomes of it",
    answer: "reload: at, worked, problems, and changes where it worked: see the snapshot's",
    run: async (director) => value({ reload: await director.reload() }),
  }),
];
