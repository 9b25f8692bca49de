import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const setup = fileURLToPath(new URL("../../../packaging/setup.mjs", import.meta.url));

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly optional?: boolean;
}
const lockOf = (packages: Record<string, Locked>) => ({
  name: "clone",
  lockfileVersion: 3,
  requires: true,
  packages: { "": { name: "clone", dependencies: { left: "*" } }, ...packages },
});

/** A clone with one library in its lock file, and a registry that refuses every connection. */
function clone(wanted: Record<string, Locked>, found?: Record<string, Locked>) {
  const folder = mkdtempSync(join(tmpdir(), "clone-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const write = (name: string, value: unknown) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), JSON.stringify(value));
  };
  mkdirSync(join(folder, "packaging"));
  copyFileSync(setup, join(folder, "packaging/setup.mjs"));
  write("package.json", { name: "clone", type: "module", dependencies: { left: "*" } });
  write("package-lock.json", lockOf(wanted));
  if (found !== undefined) {
    write("node_modules/.package-lock.json", lockOf(found));
    for (const [name, { version }] of Object.entries(found))
      write(`${name}/package.json`, { version });
  }
  const install = (options: object) =>
    new Promise<string>((resolve) => {
      const script = `import { install } from "./packaging/setup.mjs"; console.log(install(${JSON.stringify(options)}));`;
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
        cwd: folder,
        env: {
          ...process.env,
          npm_config_registry: "http://127.0.0.1:1/",
          npm_config_cache: join(folder, "cache"),
        },
      });
      let said = "";
      child.stdout.on("data", (data) => {
        said += data;
      });
      child.stderr.on("data", (data) => {
        said += data;
      });
      child.on("close", () => resolve(said));
    });
  return { folder, install };
}

const left = "node_modules/left";

test("libraries of the versions in the lock file are not installed anew, however old they are", async () => {
  const wanted = { [left]: { version: "1.0.0" }, other: { version: "1.0.0", optional: true } };
  const { install } = clone(wanted, { [left]: { version: "1.0.0" } });
  expect(await install({})).toBe("true\n");
});

test("without a network: it is said, node_modules stays whole, and npm start goes on with it", async () => {
  const { folder, install } = clone(
    { [left]: { version: "2.0.0" } },
    { [left]: { version: "1.0.0" } },
  );
  const lenient = await install({ mayDiffer: true });
  expect(lenient).toMatch(/^Installing the libraries/);
  expect(lenient).toContain("No registry answers");
  expect(lenient).toContain("going on with those in node_modules");
  expect(lenient).toMatch(/true\n$/);
  expect(existsSync(join(folder, left, "package.json"))).toBe(true);
  expect(readdirSync(folder)).not.toContain(".install");
}, 30_000);

test("a library that is missing altogether is no library", async () => {
  const { install } = clone({ [left]: { version: "2.0.0" } }, {});
  const said = await install({ mayDiffer: true });
  expect(said).toContain("those in node_modules are missing, 1 of them. With a network: npm ci");
  expect(said).toMatch(/false\n$/);
}, 30_000);
