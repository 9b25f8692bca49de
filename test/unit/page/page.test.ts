import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Snapshot } from "../../../src/status/snapshot.ts";
import { ControlledDaemon, virtualText } from "../../support/controlled-daemon.ts";
import { type Cast, startCast } from "../../support/page/cast.ts";
import { type OpenedPage, openPage } from "../../support/page/opened-page.ts";

let cast: Cast;
let daemon: ControlledDaemon;
let page: OpenedPage;

const text = (more = "") =>
  virtualText(
    9_080,
    `${cast.names.map((name) => `real=${name} masq`).join("\n")}\nchecktype=connect\ncheckinterval=1${more}`,
  );

beforeEach(async () => {
  cast = await startCast(2, 33);
  daemon = await ControlledDaemon.start(text());
  page = await openPage(daemon);
});
afterEach(async () => {
  await page?.[Symbol.asyncDispose]();
  await daemon?.[Symbol.asyncDispose]();
  await cast?.[Symbol.asyncDispose]();
});

const get = (path: string, init?: RequestInit) => fetch(`${page.url}${path}`, init);
const read = async (path: string): Promise<string> => (await get(path)).text();

/** The page when it is so: it is asked again until then, or the test's time is up. */
async function until(fits: (text: string) => boolean): Promise<string> {
  for (;;) {
    const shown = await read("");
    if (fits(shown)) return shown;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What is told to one that has `since`, until it fits. */
async function heard(since: string, fits: (event: string) => boolean): Promise<string> {
  const hangUp = new AbortController();
  const reply = await get(`live?since=${since}`, { signal: hangUp.signal });
  let heard = "";
  for await (const piece of reply.body ?? []) {
    heard += Buffer.from(piece).toString();
    if (fits(heard)) break;
  }
  hangUp.abort();
  return heard;
}

const tagIn = (html: string): string => /data-tag="([^"]+)"/.exec(html)?.[1] ?? "";

test("services at a glance: how many are up, each server's strip, and what happened", async () => {
  const html = await read("");
  expect(html).toContain("<h1>");
  expect(html).toContain("All 2 real servers are up");
  expect(html).toContain("2 of 2 up");
  expect(html.match(/class="strip"/g)).toHaveLength(2);
  expect(html).toContain(`Added virtual server: 127.0.0.1:9080`);
  expect(page.bugs).toEqual([]);
});

test("it takes nothing from elsewhere, and nothing in it is script or style", async () => {
  const reply = await get("");
  const policy = reply.headers.get("content-security-policy");
  expect(policy).toBe(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  const html = await reply.text();
  expect(html).not.toMatch(/<style|<script(?! src="page\.js" defer><\/script>)| style=| on\w+=/);
  expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
});

test.for(["page.css", "page.js", "icon.svg"])(
  "%s is not sent again to who has it",
  async (name) => {
    const first = await get(name);
    const etag = first.headers.get("etag") ?? "";
    expect((await first.text()).length).toBeGreaterThan(100);
    expect((await get(name, { headers: { "If-None-Match": etag } })).status).toBe(304);
  },
);

test("a server that goes is told to who looks, and only what has changed", async () => {
  const since = tagIn(await read(""));
  const [gone = ""] = cast.names;
  const event = heard(since, (text) => text.includes("k-down"));
  await cast.stop(gone);
  const told = await event;
  expect(told).toContain("1 of 2 real servers is down");
  expect(told).toContain("refused: connection refused");
  expect(told).not.toContain('"orders":');
  expect(await until((html) => html.includes("k-down"))).toContain("1 of 2 up");
});

test("who has been away is told all that it has missed, in one event", async () => {
  const since = tagIn(await read(""));
  const [one = "", other = ""] = cast.names;
  await cast.stop(one);
  await until((html) => html.includes("1 of 2 up"));
  await cast.stop(other);
  await until((html) => html.includes("0 of 2 up"));
  const told = await heard(since, (text) => text.includes("event: parts"));
  expect(told.match(/event: parts/g)).toHaveLength(1);
  expect(told).toContain("0 of 2 up");
  expect(told).not.toContain("1 of 2 up");
});

test("explain says what ldirectorctl explain says", async () => {
  const [name = ""] = cast.names;
  const html = await read("");
  const link = /href="(explain[^"]+)"/.exec(html)?.[1]?.replaceAll("&amp;", "&") ?? "";
  const shown = await read(link);
  const { out } = await daemon.ctl(["explain", name]);
  const [, first = "none", ...more] = out.split("\n").map((line) => line.trim());
  expect(shown).toContain(first);
  expect(more.length).toBeGreaterThan(2);
  expect(shown).toContain(`${daemon.cf}:2`);
});

test("maintenance has its end, whose it is and why", async () => {
  const [name = ""] = cast.names;
  const words = ["maintenance", name, "on", "--for", "2h", "--reason", "<new disk>"];
  const { code, err } = await daemon.ctl(words);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const html = await until((text) => text.includes("k-maintenance"));
  expect(html).toContain("Maintenance and orders");
  expect(html).toMatch(/maintenance<\/td><td class="number"><time datetime=/);
  expect(html).toContain("&lt;new disk&gt;");
});

test("a file on disk with mistakes is shown with their lines; one that differs with its plan", async () => {
  daemon.write(text("\nchecktimeout=soon"));
  const refused = await until((html) => html.includes("The file on disk is refused"));
  expect(refused).toMatch(/<th scope="row" class="state">6:\d+<\/th><td>checktimeout: /);
  daemon.write(text("\nscheduler=wlc"));
  const differs = await until((html) => html.includes("differs from what runs"));
  expect(differs).toContain("scheduler wrr -&gt; wlc");
  daemon.write(text());
  const same = await until((html) => html.includes('<div id="file"></div>'));
  expect(same).not.toContain("differs from what runs");
});

test("words from outside stay words", async () => {
  const hostile = `"><script>alert(1)</script>`;
  writeFileSync(daemon.cf, `${text()}# ${hostile}\nvirtual=${hostile}\n`);
  const html = await until((shown) => shown.includes("The file on disk is refused"));
  expect(html).toContain("&lt;script&gt;alert(1)");
  expect(html).not.toContain("<script>alert");
  expect(await read(`explain?what=${encodeURIComponent(hostile)}`)).not.toContain("<script>alert");
});

test("the control API's routes that say what the page shows are there, and no others", async () => {
  const snapshot = (await (await get("v1/status")).json()) as Snapshot;
  expect(snapshot.services[0]?.servers).toHaveLength(2);
  expect((await get("v1/status?bogus=1")).status).toBe(400);
  for (const path of [
    "v1/files",
    "v1/orders",
    "v1/connections",
    "etc/passwd",
    "service?id=tcp:1",
  ]) {
    expect((await get(path)).status, path).toBe(404);
  }
});

test.for(["page=0", "page=x", "every=1e9", "every=99999"])("?%s is refused", async (query) => {
  expect((await get(`?${query}`)).status).toBe(404);
});

test("without its script it is read again where somebody asks for that, and not else", async () => {
  expect(await read("")).not.toContain("http-equiv");
  expect(await read("?every=10")).toContain('<meta http-equiv="refresh" content="10">');
});

test("HEAD has no body, and the page goes on when who looks hangs up", async () => {
  const reply = await get("", { method: "HEAD" });
  expect([reply.status, await reply.text()]).toEqual([200, ""]);
  await heard("", (text) => text.includes("event: parts"));
  expect((await get("")).status).toBe(200);
  expect(page.bugs).toEqual([]);
});
