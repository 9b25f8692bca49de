import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { directorOf } from "../../../../src/control/of-daemon.ts";
import { type Control, openControl } from "../../../../src/control/server.ts";
import { connect } from "../../../../src/ctl/client.ts";
import { runCtl } from "../../../../src/ctl/program.ts";
import type { Screen } from "../../../../src/ctl/screen.ts";
import { RecordRing } from "../../../../src/log/sinks/ring.ts";
import { heardTerminal } from "../../../support/fakes/heard-terminal.ts";
import { Site } from "../../plan/site.ts";

let folder = "";
let site: Site | undefined;
let control: Control | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ctl-plan-"));
});
afterEach(async () => {
  await control?.close();
  await site?.close();
  control = undefined;
  site = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const web = (...more: readonly string[]): string =>
  [
    "virtual=192.0.2.1:80",
    "real=192.0.2.11:80 masq 5",
    "real=192.0.2.12:80 masq",
    "fallback=127.0.0.1:80",
    ...more,
    "",
  ].join("\n\t");
const ini = () => `[table]\nbackend = embedded\n[control]\nsocket = ${folder}/control.sock\n`;

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function ctl(args: readonly string[], more: Partial<Screen> = {}) {
  const { terminal, heard } = heardTerminal();
  const code = await runCtl(args, { ...terminal, columns: undefined, hasColour: false, ...more });
  return { code, out: heard.out.replaceAll(`${folder}/`, ""), err: heard.err };
}

/** A daemon that runs `text`, with its socket. */
async function running(text: string): Promise<void> {
  site = new Site();
  site.write(text, ini());
  await site.start(await site.ready());
  const director = directorOf({
    daemon: site.daemon,
    records: new RecordRing(),
    addressOf: () => undefined,
    prepareTexts: (path, readFile) => (site as Site).preparedFrom(path, readFile),
  });
  control = await openControl({ path: join(folder, "control.sock"), director, log: site.log });
  write("ldirectord-ng.ini", ini());
}

test("without a daemon it is what a start would do, and the servers that join by their answers", async () => {
  write("ldirectord-ng.ini", ini());
  const { code, out, err } = await ctl(["plan", write("web.cf", web("checktype=on"))]);
  expect({ code, err }).toEqual({ code: 2, err: "" });
  expect(out.split("\n")).toEqual([
    "no ldirectord-ng runs for web.cf (nobody listens on control.sock): this is what a start would do",
    "Table",
    "  tcp:192.0.2.1:80",
    "    + virtual service: scheduler wrr",
    "    + 192.0.2.11:80: forwarding masq, weight 5",
    "    + 192.0.2.12:80: forwarding masq, weight 1",
    "Table: 3 to add, 0 to change, 0 to remove",
    "",
  ]);
  const unasked = await ctl(["plan", write("web.cf", web())]);
  expect(unasked.out).toContain(
    "  tcp:192.0.2.1:80: 192.0.2.11:80 joins once its check is good: forwarding masq, weight 5\n",
  );
});

test("with one it is what its reload would do, whatever file the text is of; nothing is touched", async () => {
  await running(web("checktype=on"));
  const path = write("web.cf", web("checktype=on"));
  expect(await ctl(["plan", path])).toEqual({
    code: 0,
    err: "",
    out: `This is what the daemon that runs would do, at a reload
Table: 0 to add, 0 to change, 0 to remove
`,
  });
  const before = await site?.ipvs.table.list();
  const next = write("next.cf", web("checktype=on", "scheduler=rr").replace("masq 5", "masq 6"));
  const { code, out } = await ctl(["-c", path, "plan", next]);
  expect(code).toBe(2);
  expect(out.split("\n").slice(1, 6)).toEqual([
    "Table",
    "  tcp:192.0.2.1:80",
    "    ~ virtual service: scheduler wrr -> rr",
    "    ~ 192.0.2.11:80: weight 5 -> 6",
    "Table: 0 to add, 2 to change, 0 to remove",
  ]);
  expect(await site?.ipvs.table.list()).toEqual(before);
});

test("--json has the plan as it is, in the order of doing", async () => {
  await running(web("checktype=on"));
  const path = write("web.cf", web("checktype=on").replace("masq 5", "masq 6"));
  const { code, out } = await ctl(["plan", "--json", path]);
  expect(code).toBe(2);
  expect(JSON.parse(out)).toEqual({
    version: 1,
    path: "web.cf",
    by: "reload",
    changes: [
      {
        part: "table",
        action: "change",
        virtual: "tcp:192.0.2.1:80",
        real: "192.0.2.11:80",
        fields: [{ name: "weight", before: 5, after: 6 }],
      },
    ],
    later: [],
    runs: [],
    untouched: [],
  });
});

test("a file with mistakes has each told, and no plan", async () => {
  const path = write("web.cf", web("scheduler=", "checkport=x"));
  const { code, out, err } = await ctl(["plan", path]);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toMatch(/web\.cf:5:\d+: error: scheduler: .*\n.*web\.cf:6:\d+: error: checkport: /);
  expect(await ctl(["plan", join(folder, "none.cf")])).toMatchObject({ code: 1, out: "" });
});

test("who asks does not get files read by the daemon, and hears what is wrong with a text", async () => {
  await running(web("checktype=on"));
  write("web.cf", web());
  const client = await connect(join(folder, "web.cf"));
  try {
    const body = { path: "/etc/shadow", cf: "nonsense" };
    await expect(client.ask("POST", "/v1/plan", { body })).rejects.toThrow(
      /\/etc\/shadow:1: nonsense/,
    );
    await expect(client.ask("POST", "/v1/plan", { body: { ...body, cf: 1 } })).rejects.toThrow(
      /body: cf: /,
    );
  } finally {
    await client.close();
  }
});

test("it fits in 80 columns, and has colour where that is wanted", async () => {
  write("ldirectord-ng.ini", ini());
  const long = web("checktype=on").replace("192.0.2.1:80", "192.0.2.1:8080");
  const { out } = await ctl(["plan", write("web.cf", long)], { columns: 80, hasColour: true });
  expect(out).toContain("\x1b[32m+ 192.0.2.11:80: forwarding masq, weight 5\x1b[0m\n");
  for (const line of stripVTControlCharacters(out).split("\n")) {
    expect(line.length).toBeLessThanOrEqual(80);
  }
});
