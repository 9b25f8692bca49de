import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { noFileFacts } from "../../src/config/build/file-facts.ts";
import { report } from "../../src/config/diagnostics.ts";
import { loadConfig } from "../../src/config/load.ts";
import { directives } from "../../src/config/text/directives.ts";
import { parseIni } from "../../src/ini/ini.ts";
import { services } from "../support/services.ts";

const root = new URL("../../", import.meta.url);
const samplePath = new URL("ldirectord.cf.sample", root).pathname;

const cfFilesBelow = (folder: URL): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
        // heartbeat's own file has that ending, too.
        .filter((file) => file.endsWith(".cf") && !file.endsWith("/ha.cf"))
        .map((file) => new URL(file, folder).pathname)
    : [];

describe("every file that we show loads without a word", () => {
  const files = [samplePath, ...cfFilesBelow(new URL("examples/", root))];
  test.for(files)("%s", async (path) => {
    expect(
      report(await loadConfig(path, { services, inspectFiles: async () => noFileFacts }), path, 7),
    ).toEqual([]);
  });
});

describe("every ldirectord-ng.ini that we show is one", () => {
  const files = readdirSync(new URL("examples/", root), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ini"))
    .map((file) => new URL(`examples/${file}`, root).pathname);
  test.for(files)("%s", (path) => {
    expect(parseIni(readFileSync(path, "utf8"))).toMatchObject({ ok: true });
  });
});

test("the sample names every directive that is still one", () => {
  const sample = readFileSync(samplePath, "utf8");
  const missing = directives
    .filter(({ kind }) => kind !== "removed")
    .map(({ name }) => name)
    .filter((name) => !new RegExp(`^\\s*#?${name}=`, "m").test(sample));
  expect(missing).toEqual([]);
});
