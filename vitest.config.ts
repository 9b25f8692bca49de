import { defineConfig } from "vitest/config";
import { stages } from "./test/stages.mjs";

/** Two stages may share one, on another Node.js. */
const projects = new Set(stages.flatMap(({ project }) => project ?? []));

export default defineConfig({
  test: { projects: [...projects].map((project) => ({ test: project })) },
});
