/** A file may be anything: it costs little, and ends. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { convert } from "../../../src/keepalived/convert/convert.ts";
import { Findings } from "../../../src/keepalived/finding.ts";
import { importConf } from "../../../src/keepalived/import-conf.ts";
import { readConf } from "../../../src/keepalived/read/conf.ts";
import { withoutUnprintable } from "../../../src/model/one-line.ts";

const folder = mkdtempSync(join(tmpdir(), "keepalived-bounds-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function importText(text: string) {
  const path = join(folder, "k.conf");
  writeFileSync(path, text);
  return importConf(path, { configId: "lb1" });
}

const virtual = (body: string): string =>
  `virtual_server 10.0.0.1 80 {\nprotocol TCP\nreal_server 10.0.1.1 80 {\n${body}\n}\n}\n`;

test("braces without an end are told", async () => {
  const { found } = await importText(`${"a {".repeat(100_000)}`);
  expect(found.some(({ meaning }) => meaning.includes("too long"))).toBe(true);
  expect((await importText("a {\n".repeat(100_000))).virtualServices).toBe(0);
});

test("mistakes are counted to the end, and a thousand are kept", async () => {
  const { found, more } = await importText(virtual("nonsense\n".repeat(5_000)));
  expect(found.length).toBe(1_000);
  expect(more).toBe(4_000);
});

test("more virtual services than anybody has end it", async () => {
  const groups = Array.from(
    { length: 6 },
    (_, i) =>
      `virtual_server_group G${i} {\n10.${i}.0.0/20 80\n}\nvirtual_server group G${i} {\nprotocol TCP\nreal_server 10.9.9.9 80 {\n}\n}\n`,
  );
  const { found, virtualServices } = await importText(groups.join(""));
  expect(virtualServices).toBe(10_000);
  expect(found.some(({ meaning }) => meaning.includes("more than 10000 virtual services"))).toBe(
    true,
  );
});

test("a real server many times over in a service many times over", async () => {
  const { virtualServices, found } = await importText(virtual("").repeat(20_000));
  expect(virtualServices).toBe(1);
  expect(found.length).toBe(1_000);
});

test("what stands in a file commands no terminal, and makes no line of ours", async () => {
  const evil = "\\x1b]2J\\n\\x22, \\x22\u202e";
  const body = `HTTP_GET {\nurl {\npath "/\u001b\u202e"\nregex "${evil}"\n}\nvirtualhost "a\u001b"\n}`;
  const { cf } = await importText(virtual(body));
  for (const line of cf.split("\n")) expect(withoutUnprintable(line, () => "?")).toBe(line);
  expect(cf).toContain('request="/%1B%E2%80%AE"');
  expect(cf).toContain(String.raw`receive="\x1B]2J\x0A\x22, \x22\xE2\x80\xAE"`);
  expect(cf).not.toContain("virtualhost=");
});

const word = fc.constantFrom(
  ..."virtual_server real_server HTTP_GET url path regex { } \n 10.0.0.1 80 fwmark 5 group G TCP_CHECK".split(
    " ",
  ),
  ..."virtual_server_group weight inhibit_on_failure sorry_server $A= $A \" ' \\ @x constructor __proto__".split(
    " ",
  ),
  "\n",
);
test("whatever the words, it ends without an error", () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), (words) => {
      const findings = new Findings();
      const source = words
        .join(" ")
        .split("\n")
        .map((text, i) => ({ file: "k.conf", line: i + 1, text }));
      convert(readConf(source, findings, { configId: "x" }), findings);
    }),
    { numRuns: 2_000 },
  );
});
