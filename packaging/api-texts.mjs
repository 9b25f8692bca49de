// What is written of the control socket's API, made from src/control/routes: the OpenAPI document, and the table of
// docs/control.md. With --check nothing is written: ends with 1 when one is not as it would be made.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toJsonSchema } from "@valibot/to-json-schema";
import { build } from "esbuild";

const top = join(import.meta.dirname, "..");
const { version, license } = JSON.parse(readFileSync(join(top, "package.json"), "utf8"));
const routes = await load();

const made = {
  "docs/openapi.json": () => `${JSON.stringify(document(), undefined, 2)}\n`,
  "docs/control.md": (before) => before.replace(/^\| request \|.*\n(?:\|.*\n)*/m, table()),
};

for (const [path, make] of Object.entries(made)) {
  const file = join(top, path);
  const before = readFileSync(file, "utf8");
  const after = make(before);
  if (after === before) continue;
  if (process.argv.includes("--check")) {
    console.error(`${path} is not as made: node packaging/api-texts.mjs`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, after);
  }
}

/** https://spec.openapis.org/oas/v3.1.0 */
function document() {
  const paths = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    paths[route.path][route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "ldirectord-ng",
      version,
      license: { name: license, identifier: license },
      description: "Of one daemon, on its Unix socket. See control.md.",
    },
    paths,
    components: {
      schemas: {
        Refusal: {
          type: "object",
          required: ["error"],
          properties: { error: { type: "string", description: "a sentence for people" } },
        },
      },
    },
  };
}

function operation({ summary, query, body, answer }) {
  const refusal = (description) => ({
    description,
    content: { "application/json": { schema: { $ref: "#/components/schemas/Refusal" } } },
  });
  return {
    summary,
    ...(query && { parameters: parametersOf(schemaOf(query)) }),
    ...(body && {
      requestBody: { required: true, content: { "application/json": { schema: schemaOf(body) } } },
    }),
    responses: {
      200: { description: answer, content: { "application/json": { schema: { type: "object" } } } },
      400: refusal("the request makes no sense"),
      404: refusal("what it is about is not there"),
      409: refusal("not as things are"),
    },
  };
}

function parametersOf({ properties = {}, required = [] }) {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

/** What a caller sends: before our own transformations. */
function schemaOf(schema) {
  const { $schema, ...rest } = toJsonSchema(schema, { typeMode: "input", errorMode: "ignore" });
  return rest;
}

function table() {
  const rows = routes.map(({ method, path, summary, query, body, answer }) => {
    const words = { ...schemaOfAny(query), ...schemaOfAny(body) };
    return [`\`${method} ${path}\``, summary, words.text ?? "", answer];
  });
  const head = ["request", "does", "takes", "answers"];
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ").replace(/\| {2}\|/g, "| |")} |\n`).join("");
}

function schemaOfAny(schema) {
  if (schema === undefined) return {};
  const { properties = {}, required = [] } = schemaOf(schema);
  const names = Object.keys(properties).map((name) =>
    required.includes(name) ? `**${name}**` : name,
  );
  return { text: names.join(", ") };
}

/** Node.js 20 reads no TypeScript. */
async function load() {
  const { outputFiles } = await build({
    stdin: {
      contents: 'export { routes } from "./routes.ts";',
      resolveDir: join(top, "src", "control"),
    },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    banner: {
      js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf("/");',
    },
    external: ["koffi", "pino", "re2js", "netlink"],
    logLevel: "error",
  });
  const loaded = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  return loaded.routes;
}
