/** The packages that all test files look at, built once a run. */
import { rmSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { buildPackages } from "./build.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder with them. */
    packages: string;
  }
}

export default function setup(project: TestProject): () => void {
  const folder = buildPackages();
  project.provide("packages", folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
