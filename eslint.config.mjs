// Only what needs types, and the layers; Biome does the rest.
import tseslint from "typescript-eslint";
import { layersPlugin } from "./layers.mjs";

/** What acts on something outside is in one place's hands, so that a dry run can do without: src/daemon/outside.ts. */
const means = {
  regex: "^node:(child_process|net|dgram|https?|tls)$|/(append-file|health-file|runner|smtp)\\.ts$",
  allowTypeImports: true,
  message: "comes from Outside: see src/daemon/outside.ts",
};

export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", "**/*.mjs"] },
  {
    files: ["**/*.ts"],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { "@typescript-eslint": tseslint.plugin },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/only-throw-error": "error",
    },
  },
  {
    files: ["src/**/*.ts", "checks/**/*.ts"],
    plugins: { layers: layersPlugin },
    rules: { "layers/layers": "error" },
  },
  {
    // Where a dry run acts on nothing.
    files: ["mail", "monitorfile", "programs", "status", "word", "daemon"].map(
      (name) => `src/${name}/*.ts`,
    ),
    ignores: [
      "mail/smtp",
      "monitorfile/append-file",
      "programs/runner",
      "word/health-file",
      "daemon/outside",
    ].map((name) => `src/${name}.ts`),
    rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns: [means] }] },
  },
);
