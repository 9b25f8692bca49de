/** What a daemon is made of: what it loads, how often it reads its file, how its heap grows. Counted, never timed. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Site } from "./site.ts";

let site: Site;
beforeEach(() => {
  site = new Site();
  site.write("watch.cjs", watching);
  site.write("resolve.mjs", resolving);
  site.nodeOptions.push("--require", site.path("watch.cjs"));
});
afterEach(() => site.close());

/** Notes what the daemon loads and opens; not the command that starts it. */
const watching = `
if (process.env.LDIRECTORD_NG_DAEMON) {
  const fs = require("node:fs");
  const module = require("node:module");
  const note = (file, text) => fs.appendFileSync(__dirname + "/" + file, text + "\\n");
  module.register("file://" + __dirname + "/resolve.mjs");
  const load = module._load;
  module._load = (name, ...more) => {
    if (/^[a-z@]/.test(name)) note("loaded", "/node_modules/" + name + "/");
    return load(name, ...more);
  };
  const { open } = fs.promises;
  fs.promises.open = (path, ...more) => {
    // The watch looks at the file, too.
    if (new Error().stack.includes("/daemon/prepare.js")) note("prepared", String(path));
    return open(path, ...more);
  };
  module.syncBuiltinESMExports();
}
`;
const resolving = `
import { appendFileSync } from "node:fs";
export async function resolve(name, context, next) {
  const found = await next(name, context);
  appendFileSync(new URL("loaded", import.meta.url), found.url + "\\n");
  return found;
}
`;

const dependencies = ["ini", "koffi", "nodemailer", "pino", "re2js", "undici", "valibot"];
const others = ["commander", "mysql2", "netlink", "node-cron", "oracledb", "pg", "ping"];
/** Packages of ours that the daemon has loaded, and the parts of nodemailer. */
function loaded(): string[] {
  const ours = [...dependencies, ...others, "prom-client", "radius"];
  const found = [...site.read("loaded").matchAll(/\/node_modules\/([^/\n]+)\/(.*)/g)].map(
    ([, name = "", rest = ""]) =>
      name === "nodemailer"
        ? `nodemailer ${/addressparser|smtp-connection|mime/.exec(rest)?.[0]}`
        : name,
  );
  return [...new Set(found)].filter((name) => ours.includes(name.split(" ")[0] ?? "")).sort();
}

function write({ real = "127.0.0.1:9", more = "", ini = "" }) {
  const places = `[daemon]\nrundir=${site.folder}\n[control]\nsocket=off\nstate=${site.folder}\n`;
  site.write("ldirectord-ng.ini", `[table]\nbackend=embedded\n${places}${ini}`);
  const service = `virtual=192.0.2.1:80\n\treal=${real} masq\n\tchecktype=connect\n${more}`;
  site.write("web.cf", `logfile="${site.logFile}"\nautoreload=no\n${service}`);
}

test("a daemon that asks by connect and writes a text log loads two libraries, and how addresses are read", async () => {
  write({});
  await site.start();
  expect(loaded()).toEqual(["ini", "koffi", "nodemailer addressparser"]);
});

test("what a file asks for is loaded for it", async () => {
  const pattern = '\tchecktype=negotiate\n\tservice=http\n\treceive="wel.ome"\n';
  write({ more: pattern, ini: "[log]\nformat=json\n" });
  await site.start();
  expect(loaded()).toEqual(expect.arrayContaining(["pino", "re2js"]));
});

const readings = () =>
  site
    .read("prepared")
    .split("\n")
    .filter((path) => path === site.cf).length;

test("a file without names is read once by the daemon that it starts", async () => {
  write({});
  await site.start();
  expect(readings()).toBe(1);
});

test("names are looked up for the daemon alone, in a reading of its own", async () => {
  write({ real: "localhost:9" });
  await site.start();
  expect(readings()).toBe(2);
});

/** In a Node.js of its own, whose heap is kept small. @returns what it has written */
function withSmallHeap(work: string): string {
  const small = fileURLToPath(new URL("../../../dist/src/process/small-heap.js", import.meta.url));
  const script = `
    const { keepHeapSmall, relaxHeap, fitYoungSpace } = await import(${JSON.stringify(small)});
    keepHeapSmall();
    ${work}
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  // A word that Node.js does not know is told there.
  expect(stderr).toBe("");
  return stdout;
}

test.each([
  [4_999, true],
  [5_000, false],
])("with %i checks a second the space of young objects stays small: %s", (checks, isSmall) => {
  const work = `
    fitYoungSpace(${checks});
    const { getHeapSpaceStatistics } = await import("node:v8");
    const young = () => getHeapSpaceStatistics().find((it) => it.space_name === "new_space");
    const kept = [];
    let largest = 0;
    for (let i = 0; i < 2_000_000; i++) {
      kept.push({ i });
      if (i % 50_000 === 0) largest = Math.max(largest, young().space_size / 2 ** 20);
    }
    // By itself it comes to 16 MiB at least.
    console.log(largest < 12, kept.length);
  `;
  expect(withSmallHeap(work)).toBe(`${isSmall} 2000000\n`);
});

test("what was needed at the start alone is given back", () => {
  const work = `
    const kept = [];
    for (let i = 0; i < 3_000_000; i++) {
      const made = { i, text: String(i).padEnd(20), more: [i] };
      if (i % 20 === 0) kept.push(made);
      if (i % 10_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    relaxHeap();
    // By itself it is 75 at least.
    console.log(process.memoryUsage().heapTotal / 2 ** 20 < 66, kept.length);
  `;
  expect(withSmallHeap(work)).toBe("true 150000\n");
});
