import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noFileFacts } from "../../../src/config/build/file-facts.ts";
import { type Loaded, loadConfig } from "../../../src/config/load.ts";
import { noLookups } from "../../../src/config/names/stand-in-resolver.ts";
import { objection, takenAway } from "../../../src/daemon/reload-guard.ts";
import type { TableRow } from "../../../src/ipvs/ipvs.ts";
import { formatEndpoint } from "../../../src/model/address.ts";
import { serviceId, type VirtualService } from "../../../src/model/virtual-service.ts";
import { isUsable } from "../../../src/reconcile/after-ops.ts";
import { services } from "../../support/services.ts";
import { type Phase, rig } from "../reconcile/rig.ts";

/** A few hundred each time; thousands for who asks. */
const cases = Number(process.env["RELOAD_CASES"] ?? 300);

const load = (text: string): Promise<Loaded> =>
  loadConfig("/etc/ha.d/ldirectord.cf", {
    services,
    readFile: async () => Buffer.from(text),
    resolver: noLookups(),
    inspectFiles: async () => noFileFacts,
  });
async function good(text: string): Promise<Loaded & { ok: true }> {
  const loaded = await load(text);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  return loaded;
}

/** A daemon with its table, in which every server is up that `isUp` says; none of it is asked again. */
class Site {
  readonly #it = rig();
  #file: Loaded & { ok: true };

  private constructor(file: Loaded & { ok: true }) {
    this.#file = file;
  }

  static async open(text: string, isUp: (nth: number) => boolean = () => true): Promise<Site> {
    const site = new Site(await good(text));
    let nth = 0;
    for (const virtual of site.#file.config.virtuals) {
      for (const real of namesOf(virtual)) site.#set(virtual, real, isUp(nth++) ? "up" : "down");
    }
    await site.#it.start(site.#file.config.virtuals);
    return site;
  }

  #set(virtual: VirtualService, real: string, phase: Phase): void {
    this.#it.view.set(virtual.key, real, phase);
  }

  /** What stands against `text`, were it found in the place of the file that runs. */
  async objection(text: string): Promise<string | undefined> {
    const { view, reconciler } = this.#it;
    const next = await good(text);
    const table = reconciler.observed();
    return objection({ running: this.#file, next, view, outlook: view, table });
  }

  /** As autoreload does. @returns whether it was taken up */
  async find(text: string): Promise<boolean> {
    const next = await load(text);
    if (!next.ok || (await this.objection(text)) !== undefined) return false;
    this.#file = next;
    await this.#it.reload(next.config.virtuals);
    return true;
  }

  /** Whoever had no verdict has one, and it is good. */
  async allAnswer(): Promise<void> {
    for (const virtual of this.#file.config.virtuals) {
      for (const real of virtual.reals) {
        const id = serviceId(virtual.key);
        if (this.#it.view.health(id, real.endpoint).state !== "unknown") continue;
        await this.#it.becomes("up", virtual, formatEndpoint(real.endpoint));
      }
    }
  }

  rows(): Promise<readonly TableRow[]> {
    return this.#it.ipvs.table.list();
  }

  onOp(see: (rows: readonly TableRow[]) => void): void {
    this.#it.ipvs.seen = see;
  }

  names(): ReadonlySet<string> {
    return new Set(this.#file.config.virtuals.map(({ key }) => serviceId(key)));
  }
}

const namesOf = ({ reals }: VirtualService) =>
  reals.map(({ endpoint }) => formatEndpoint(endpoint));
const file = (...blocks: string[]) => `checktimeout=5\nautoreload=yes\n\n${blocks.join("\n")}`;
const block = (name: string, ...lines: string[]) =>
  `virtual=${name}\n${lines.map((line) => `\t${line}\n`).join("")}`;
const [A, B, C] = ["real=10.0.0.3:80 masq 5", "real=10.0.0.4:80 masq 5", "real=10.0.0.5:80 masq"];
const web = block("10.0.0.1:80", A, B);
const mail = block("10.0.0.1:8080", "real=10.0.0.3:8080 masq");
const runs = file(web, mail);

describe("a file that nobody has ordered to be loaded", () => {
  test.for<[what: string, text: string, why: RegExp]>([
    ["nothing", "", /names no virtual service/],
    ["comments only", "# to be filled in\n", /names no virtual service/],
    ["settings only", "checktimeout=3\n", /names no virtual service/],
    [
      "a virtual service cut short",
      runs.slice(0, runs.indexOf("0.1:80")),
      /cut short within a line/,
    ],
    [
      "a real server cut short",
      runs.slice(0, runs.indexOf("masq 5") + 4),
      /cut short within a line/,
    ],
    [
      "another file without its end",
      file(web).slice(0, -1),
      /no end.*virtual service 10.0.0.1:8080/,
    ],
    [
      "a service without servers",
      file(block("10.0.0.1:80"), mail),
      /10.0.0.1:80 would be left with/,
    ],
    ["weights of 0 everywhere", runs.replace(/masq( 5)?/g, "masq 0"), /no virtual service would/],
  ])("is left alone when it holds %s", async ([, text, why]) => {
    expect(await (await Site.open(runs)).objection(text)).toMatch(why);
  });

  test.for<[what: string, text: string]>([
    ["the same without the last line's end", runs.slice(0, -1)],
    ["more, without the last line's end", `${runs}${block("10.0.0.1:81", A)}`.slice(0, -1)],
    ["a service less", file(web)],
    ["a server less", file(block("10.0.0.1:80", B), mail)],
    ["other servers", file(block("10.0.0.1:80", C), mail)],
    ["other services", file(block("10.0.0.9:80", A))],
    ["a service with weights of 0", file(web.replaceAll("masq 5", "masq 0"), mail)],
    ["a fallback server instead", file(block("10.0.0.1:80", "fallback=127.0.0.1:80"), mail)],
  ])("is taken up when it holds %s", async ([, text]) => {
    expect(await (await Site.open(runs)).objection(text)).toBeUndefined();
  });

  test("and takes the only server that is up away is left alone", async () => {
    const site = await Site.open(runs, (nth) => nth === 0);
    expect(await site.objection(file(block("10.0.0.1:80", B)))).toMatch(
      /with no server that is up/,
    );
  });

  test("of who never ends the last line may take something away by one like it", async () => {
    const site = await Site.open(runs.slice(0, -1));
    expect(await site.objection(file(web).slice(0, -1))).toBeUndefined();
    expect(await site.objection(file(mail))).toBeUndefined();
  });
});

test("what is taken away is named: services, real servers, fallback servers, not weights", async () => {
  const sorry = block("10.0.0.1:80", A, B, "fallback=127.0.0.1:80");
  const [before, after] = await Promise.all([
    good(file(sorry, mail)),
    good(file(block("10.0.0.1:80", B.replace("masq 5", "masq 1"), C))),
  ]);
  expect(takenAway(before.config, after.config)).toEqual([
    "real server 10.0.0.3:80 of 10.0.0.1:80",
    "fallback server 127.0.0.1:80 of 10.0.0.1:80",
    "virtual service 10.0.0.1:8080",
  ]);
});

const anyReal = fc
  .tuple(fc.integer({ min: 3, max: 7 }), fc.constantFrom("masq", "gate", "masq 0", "masq 10"))
  .map(([host, rest]) => `real=10.0.0.${host}:80 ${rest}`);
const anyLine = fc.oneof(
  { weight: 8, arbitrary: anyReal },
  fc.constantFrom(
    "quiescent=yes",
    "scheduler=rr",
    "fallback=127.0.0.1:80",
    "persistent=600",
    "# x",
  ),
);
const anyBlock = fc
  .tuple(
    fc.constantFrom("10.0.0.1:80", "10.0.0.1:443", "10.0.0.2:80", "5", "[fd00::1]:80"),
    fc.array(anyLine, { maxLength: 5 }),
  )
  .map(([name, lines]) => block(name, ...lines));
const anyFile = fc
  .tuple(fc.array(anyBlock, { maxLength: 3 }), fc.boolean())
  .map(([blocks, isEnded]) => (isEnded ? file(...blocks) : file(...blocks).replace(/\n$/, "")));
/** Lines dropped, doubled or put in, one weight or port changed; and then, perhaps, cut anywhere. */
const anyEdit = fc.record({
  other: fc.option(anyFile, { nil: undefined, freq: 3 }),
  drop: fc.array(fc.nat(20), { maxLength: 3 }),
  insert: fc.option(fc.tuple(fc.nat(20), anyLine), { nil: undefined }),
  digit: fc.option(fc.tuple(fc.nat(400), fc.constantFrom("0", "1", "9")), { nil: undefined }),
  cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
});
type Edit = typeof anyEdit extends fc.Arbitrary<infer T> ? T : never;

function edited(text: string, { other, drop, insert, digit, cut }: Edit): string {
  const lines = (other ?? text).split("\n").filter((_, nth) => !drop.includes(nth));
  if (insert !== undefined) lines.splice(insert[0], 0, `\t${insert[1]}`);
  let result = lines.join("\n");
  if (digit !== undefined && /\d/.test(result[digit[0]] ?? "")) {
    result = result.slice(0, digit[0]) + digit[1] + result.slice(digit[0] + 1);
  }
  return cut === undefined ? result : result.slice(0, Math.floor(cut * result.length));
}

const idsOf = (rows: readonly TableRow[]) => rows.map(({ service }) => serviceId(service.key));

const idle = block("10.0.0.1:443", "real=10.0.0.3:80 masq 0", "fallback=127.0.0.1:80");
test.for<[next: string]>([
  [file(block("10.0.0.1:443", A.replace("masq 5", "masq 0"), B, "fallback=127.0.0.1:80"))],
  [file(idle, block("10.0.0.2:80", B))],
])(
  "while servers without weight are the first to answer, somebody serves on: %j",
  async ([next]) => {
    const site = await Site.open(file(web));
    const seen: (readonly TableRow[])[] = [];
    site.onOp((rows) => seen.push(rows));
    expect(await site.find(next)).toBe(true);
    await site.allAnswer();
    expect(seen.length).toBeGreaterThan(0);
    for (const rows of seen) expect(rows.filter(isUsable)).not.toEqual([]);
  },
);

test(`no automatic reload of ${cases} empties a table that served, or a service that both files name`, async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(
      anyFile,
      fc.array(anyEdit, { minLength: 1, maxLength: 2 }),
      fc.array(fc.constantFrom(true, true, true, false)),
      async (first, edits, ups) => {
        fc.pre((await load(first)).ok);
        const site = await Site.open(first, (nth) => ups[nth] ?? true);
        let text = first;
        for (const edit of edits) {
          const [named, before] = [site.names(), await site.rows()];
          const served = before.filter(isUsable);
          const seen: (readonly TableRow[])[] = [];
          site.onOp((rows) => seen.push(rows));
          const next = edited(text, edit);
          if (!(await site.find(next))) {
            expect(await site.rows()).toEqual(before);
            continue;
          }
          taken++;
          text = next;
          await site.allAnswer();
          const both = idsOf(served).filter((id) => named.has(id) && site.names().has(id));
          for (const rows of seen) {
            if (served.length > 0) expect(rows.filter(isUsable)).not.toEqual([]);
            expect(idsOf(rows.filter(({ dests }) => dests.length > 0))).toEqual(
              expect.arrayContaining(both),
            );
          }
        }
      },
    ),
    { numRuns: cases },
  );
  // It would also hold for a daemon that never reloads.
  expect(taken).toBeGreaterThan(cases / 4);
}, 600_000);
