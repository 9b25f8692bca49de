// Only what needs types, and the layers; Biome does the rest.
import tseslint from "typescript-eslint";

/**
 * Value imports point one way; types may come from anywhere. Per folder of src/: the neighbours it may
 * take values from beside its own files. `daemon` and `cli` see all and are not listed.
 */
const base = ["model", "errors", "log", "native", "netlink", "ipvs"];
const layers = {
  model: [],
  native: [],
  log: ["native"],
  netlink: ["errors", "native"],
  ipvs: ["model", "errors", "native", "netlink"],
  config: base,
  health: base,
  reconcile: base,
  notify: base,
};
const layerRule = (allowed) => [
  "error",
  {
    patterns: [
      {
        regex: `^\\.\\./(?!\\.\\./checks/)(?!(${[...allowed, "\\0"].join("|")})[/.])`,
        allowTypeImports: true,
        message: "against the layers: see eslint.config.mjs",
      },
    ],
  },
];

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
  ...Object.entries(layers).map(([folder, allowed]) => ({
    files: [`src/${folder}/*.ts`],
    rules: { "@typescript-eslint/no-restricted-imports": layerRule(allowed) },
  })),
  {
    files: ["checks/*.ts"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: "^\\.\\./src/(?!model/|native/icmp-socket)",
              allowTypeImports: true,
              message: "a check sees src/model only (ping also its socket)",
            },
          ],
        },
      ],
    },
  },
);
