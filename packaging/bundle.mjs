// The program as it is installed: our own code in a few files, the libraries that are loaded at first use as the
// packages they are. What lands in `folder` depends on the sources and the lock file alone.
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join, normalize, relative } from "node:path";
import { build } from "esbuild";
import { top } from "./setup.mjs";

/** Needed at every start of a program, and plain JavaScript: part of our own files. The rest is loaded at first use. */
const bundled = ["commander", "ini"];

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/**
 * @param folder where to: src/cli.js, checks/*.js, node_modules/, package.json
 * @param options.arch Node's name of the processor; its package of koffi must be in node_modules
 * @param options.plugins more of esbuild's
 * @returns the packages that are in it, for the copyright file
 */
export async function bundle(folder, { arch = process.arch, plugins = [] } = {}) {
  const { name, version, license, dependencies } = readJson(join(top, "package.json"));
  const external = Object.keys(dependencies).filter((each) => !bundled.includes(each));
  const checks = readdirSync(join(top, "checks")).filter(
    (each) => each.endsWith(".ts") && each !== "check.ts",
  );

  const { metafile } = await build({
    absWorkingDir: top,
    // One file a check: the registry reads the folder, here as in the sources.
    entryPoints: [
      ...["src/cli.ts", "src/ldirectorctl.ts", "src/would-start.ts", "src/probe-thread.ts"],
      ...checks.map((check) => `checks/${check}`),
    ],
    outdir: folder,
    outbase: top,
    bundle: true,
    splitting: true,
    chunkNames: "lib/[name]-[hash]",
    platform: "node",
    target: "node20",
    format: "esm",
    external,
    plugins: [registryStaysAFile, ...plugins],
    // For the CommonJS packages among them.
    banner: {
      js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
    },
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });

  // They are read by the launchers' Node.js, never run.
  for (const name of ["cli.js", "ldirectorctl.js"]) {
    const path = join(folder, "src", name);
    writeFileSync(path, readFileSync(path, "utf8").replace(/^#!.*\n/, ""));
  }

  const outside = closure([...external, `@koromix/koffi-linux-${arch}`]);
  for (const each of outside) copyPackage(each, join(folder, "node_modules", each), arch);
  cpSync(join(top, "docs", "ldirectord.8.md"), join(folder, "docs", "ldirectord.8.md"));
  const own = { name, version, license, type: "module", private: true, engines: { node: ">=20" } };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(own, null, 2)}\n`);
  for (const path of readdirSync(folder, { recursive: true })) {
    if (statSync(join(folder, path)).isFile()) chmodSync(join(folder, path), 0o644);
  }
  return [...new Set([...outside, ...packagesIn(metafile)])].sort();
}

/** It finds the checks beside itself, so it must not move into a chunk. */
const registryStaysAFile = {
  name: "registry",
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/registry\.ts$/ }, ({ kind }) =>
      kind === "entry-point" ? undefined : { path: "../checks/registry.js", external: true },
    ),
};

/** @returns the packages with all that they need, as far as npm has installed it */
function closure(names) {
  const found = new Set();
  const visit = (name) => {
    const description = join(top, "node_modules", name, "package.json");
    const isForCompilers = name.startsWith("@types/") || name === "node-addon-api";
    if (found.has(name) || isForCompilers || !existsSync(description)) return;
    found.add(name);
    const { dependencies = {} } = readJson(description);
    Object.keys(dependencies).forEach(visit);
  };
  names.forEach(visit);
  return [...found];
}

/** What runs, and its licence: no types, maps, sources for compilers, handbooks, programs for a shell. */
function copyPackage(name, target, arch) {
  const source = join(top, "node_modules", name);
  const { bin = {} } = readJson(join(source, "package.json"));
  const paths = typeof bin === "string" ? [bin] : Object.values(bin);
  const programs = new Set(paths.map((path) => normalize(path)));
  cpSync(source, target, {
    recursive: true,
    filter: (path) => {
      const inside = relative(source, path);
      // oracledb's build/ and package/ are for Oracle's own client, which we do not use; re2js is in its build/.
      if (name !== "re2js" && /^(build|package)(\/|$)/.test(inside)) return false;
      if (/^(plugins|vendor|tests?|docs?|examples?)(\/|$)/.test(inside)) return false;
      if (programs.has(inside)) return false;
      // netlink has a binary for each processor, and headers' packages of its own.
      if (/^node_modules\/@types(\/|$)/.test(inside)) return false;
      if (/^prebuilds\/./.test(inside) && !inside.startsWith(`prebuilds/linux-${arch}`))
        return false;
      if (/(^|\/)(musl_[^/]*|index\.umd\.js|cnoke\.cjs|trampolines\.cjs|native)$/.test(inside))
        return false;
      if (statSync(path).isDirectory()) return true;
      return /\.([cm]?js|json|node)$|^(licen[cs]e|notice)/i.test(basename(path));
    },
  });
}

/** The packages whose text has become part of our own files. */
const packagesIn = (metafile) =>
  Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.keys(inputs))
    .map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
    .filter((name) => name !== undefined);
