/** What the shells complete for ldirectorctl is its command line. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

test("all are as packaging/completions.mjs makes them", () => {
  const script = path("packaging/completions.mjs");
  const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test.for<[words: string[], offered: string[]]>([
  [["dra"], ["drain"]],
  [["-c", "web.cf", "drain", "--d"], ["--deadline"]],
  [
    ["maintenance", "192.168.6.3", "o"],
    ["on", "off"],
  ],
])("bash completes %j", ([words, offered]) => {
  const script = `. ${path("packaging/files/ldirectorctl.bash-completion")}
COMP_WORDS=(ldirectorctl "$@"); COMP_CWORD=$#; _ldirectorctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = spawnSync("bash", ["-c", script, "bash", ...words], { encoding: "utf8" });
  expect(stdout.trim().split("\n")).toEqual(offered);
});
