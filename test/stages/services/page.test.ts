/** The page in Debian's Chromium: seen on a telephone, a desk and a wall, by day and by night, with its script and without. */
import { join } from "node:path";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StateHistory } from "../../../src/page/state-history.ts";
import { ControlledDaemon } from "../../support/controlled-daemon.ts";
import { type Cast, startCast } from "../../support/page/cast.ts";
import { type OpenedPage, openPage } from "../../support/page/opened-page.ts";

/** Where the pictures of docs/pictures are to be put; unset, none is made. */
const pictures = process.env["PAGE_PICTURES"];

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
});
afterAll(() => browser?.close());

async function opened(url: string, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  await page.goto(url, { waitUntil: "load" });
  return page;
}

async function openedWithoutScript(
  url: string,
  { width, height, colorScheme }: (typeof allLooks)[number],
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  await context.route("**/page.js", (route) => route.abort());
  const page = await context.newPage();
  await page.goto(url, { waitUntil: "load" });
  return page;
}

/** What axe-core has to say of it, in a few words each. */
const complaints = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axe.source);
  const found = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as {
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
  };
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
  );
};

const widths = [
  [360, 740],
  [1280, 800],
  [2560, 1440],
] as const;
const allLooks = widths.flatMap(([width, height]) =>
  (["light", "dark"] as const).flatMap((colorScheme) =>
    [true, false].map((javaScriptEnabled) => ({ width, height, colorScheme, javaScriptEnabled })),
  ),
);
/** PAGE_LOOKS=all: each with each. Else a third of them, in which each width, colour and kind has its turn. */
const looks = allLooks.filter((_, i) => process.env["PAGE_LOOKS"] === "all" || i % 5 === 0);

describe.each([
  { servers: 3, services: 1, network: 31 },
  { servers: 2_000, services: 100, network: 32 },
])("$servers real servers", ({ servers, services, network }) => {
  let cast: Cast;
  let daemon: ControlledDaemon;
  let page: OpenedPage;

  beforeAll(async () => {
    cast = await startCast(servers, network);
    const each = servers / services;
    const virtuals = Array.from({ length: services }, (_, i) => {
      const reals = cast.names.slice(i * each, (i + 1) * each);
      return [
        `virtual=127.${network}.250.${i + 1}:80`,
        ...reals.map((name) => `\treal=${name} masq`),
        "\tchecktype=connect",
        `\tcheckinterval=${servers > 100 ? 10 : 1}`,
      ].join("\n");
    });
    daemon = await ControlledDaemon.start(`${virtuals.join("\n")}\n`);
    page = await openPage(daemon);
  }, 120_000);
  afterAll(async () => {
    await page?.[Symbol.asyncDispose]();
    await daemon?.[Symbol.asyncDispose]();
    await cast?.[Symbol.asyncDispose]();
  });

  test.each(looks)("$width px, $colorScheme, with its script: $javaScriptEnabled", async (look) => {
    const { width, height, ...options } = look;
    const tab = await opened(page.url, { viewport: { width, height }, ...options });
    expect(await tab.locator("article.service").count()).toBe(services);
    const wide = await tab.evaluate(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    expect(wide).toBe(0);
    // axe is a script: where scripts do not run it looks at a page that could not get its own.
    const looked = options.javaScriptEnabled ? tab : await openedWithoutScript(page.url, look);
    expect(await complaints(looked)).toEqual([]);
    if (looked !== tab) await looked.context().close();
    if (pictures !== undefined && look.javaScriptEnabled) {
      const name = `${servers}-${width}-${look.colorScheme}.png`;
      await tab.screenshot({ path: join(pictures, name) });
    }
    await tab.context().close();
  });

  test("a server that goes is shown by the next look after the log's word of it, and so is its return", async () => {
    const tab = await opened(page.url, { viewport: { width: 1280, height: 800 } });
    await tab.locator("#live.is-live").waitFor();
    const name = cast.names[servers - 1] ?? "";
    const row = tab.locator("tr.k-down", { hasText: name });
    const recordsOf = (event: string) =>
      daemon.records
        .after(0, 100_000)
        .filter((record) => record.name === event && record.fields["real"] === name);
    await cast.stop(name);
    await row.waitFor({ timeout: 60_000 });
    // Of the look that brought it: what was believed at that time is what is shown.
    const changed = Number(await tab.evaluate("document.body.dataset.changed"));
    const [failed] = recordsOf("real-failed");
    const at = failed?.time ?? Number.POSITIVE_INFINITY;
    expect(at).toBeLessThanOrEqual(changed);
    // One may be under way when it happens.
    expect(page.looks.filter((look) => look > at && look <= changed).length).toBeLessThanOrEqual(2);
    expect(await row.innerText()).toContain("refused: connection refused");
    await cast.start(name);
    await row.waitFor({ state: "detached", timeout: 60_000 });
    expect(await tab.title()).toContain(`All ${servers} real servers are up`);
    await tab.context().close();
  }, 150_000);

  test("the keyboard reaches a server's hour in words, and why it is as it is", async () => {
    const tab = await opened(page.url, { viewport: { width: 1280, height: 800 } });
    await tab.keyboard.press("Tab");
    expect(await tab.locator(":focus").innerText()).toBe("To the services");
    await tab.keyboard.press("Enter");
    if (servers > 100) {
      await tab.keyboard.press("Tab");
      expect(await tab.locator(":focus").innerText()).toMatch(/^\d+ servers$/);
      await tab.keyboard.press("Enter");
      await tab.locator("details[open] .rows").first().waitFor();
    }
    await tab.keyboard.press("Tab");
    const link = tab.locator("tr.server a:focus");
    const note = tab.locator("tr:focus-within .note");
    expect(await note.innerText()).toMatch(/^up since \d\d:\d\d:\d\d/);
    expect((await note.boundingBox())?.height).toBeGreaterThan(10);
    expect(await link.getAttribute("aria-describedby")).toBe(await note.getAttribute("id"));
    const name = await link.innerText();
    await tab.keyboard.press("Enter");
    await tab.waitForURL(/explain/);
    expect(await tab.locator("main").innerText()).toContain(`${name} in tcp:`);
    expect(await complaints(tab)).toEqual([]);
    await tab.context().close();
  });
});

describe("a bad day", () => {
  const network = 34;
  let cast: Cast;
  let daemon: ControlledDaemon;
  let page: OpenedPage;

  beforeAll(async () => {
    cast = await startCast(9, network);
    const [web, mail, other] = [
      cast.names.slice(0, 4),
      cast.names.slice(4, 7),
      cast.names.slice(7),
    ];
    const service = (port: number, reals: readonly string[], more = "") =>
      `virtual=127.${network}.250.1:${port}\n${reals.map((name) => `\treal=${name} masq\n`).join("")}\tchecktype=connect\n\tcheckinterval=1\n${more}`;
    const text = `${service(443, web)}${service(25, mail)}${service(80, other, `\tfallback=127.${network}.251.1:80 masq\n`)}`;
    daemon = await ControlledDaemon.start(text);
    const order = ["maintenance", web[2] ?? "", "on", "--for", "2h", "--reason", "new disk"];
    expect((await daemon.ctl(order)).code).toBe(0);
    await daemon.ctl(["drain", mail[1] ?? "", "--deadline", "1h"]);
    for (const [i, name] of cast.names.entries()) {
      daemon.ipvs.counted.set(name, [410, 380, 90, 200, 700, 150, 640, 0, 0][i] ?? 0);
      daemon.ipvs.open.set(name, [41, 37, 0, 22, 160, 3, 151, 0, 0][i] ?? 0);
    }
    const history = new StateHistory();
    const now = await daemon.director.snapshot();
    for (let minute = 70; minute > 0; minute--) {
      const at = now.at - minute * 60_000;
      const services = now.services.map((it, i) => ({
        ...it,
        servers: it.servers.map((server, k) => ({
          ...server,
          since: at,
          lastVerdict: {
            at,
            isUp: false,
            reason: "timeout" as const,
            detail: "no answer in 5 s",
            durationMs: 5_000,
          },
          state: isBadMinute(i, k, minute) ? ("down" as const) : ("up" as const),
        })),
      }));
      history.note({ at, services });
    }
    page = await openPage(daemon, { history });
    for (const name of [...other, web[1] ?? ""]) await cast.stop(name);
    daemon.write(text.replace("checkinterval=1", "checkinterval=soon"));
  }, 60_000);
  afterAll(async () => {
    await page?.[Symbol.asyncDispose]();
    await daemon?.[Symbol.asyncDispose]();
    await cast?.[Symbol.asyncDispose]();
  });

  test.each(looks.filter(({ javaScriptEnabled }) => javaScriptEnabled))(
    "$width px, $colorScheme",
    async ({ width, height, colorScheme }) => {
      const tab = await opened(page.url, { viewport: { width, height }, colorScheme });
      await tab.locator("tr.k-down").nth(2).waitFor();
      await tab.locator("#file .is-trouble").waitFor();
      await tab.locator("tr.k-fallback").waitFor();
      expect(
        await tab.evaluate(
          "document.documentElement.scrollWidth - document.documentElement.clientWidth",
        ),
      ).toBe(0);
      expect(await complaints(tab)).toEqual([]);
      if (pictures !== undefined) {
        await tab.screenshot({ path: join(pictures, `day-${width}-${colorScheme}.png`) });
      }
      await tab.context().close();
    },
  );
});

/** Which server of which virtual service was down so many minutes ago. */
const isBadMinute = (service: number, server: number, minute: number): boolean =>
  (service === 0 && server === 3 && minute > 38 && minute < 44) ||
  (service === 1 && server === 0 && minute === 17) ||
  (service === 2 && server === 0 && minute > 20 && minute % 9 === 0);
