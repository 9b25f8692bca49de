import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { inTurns } from "../config/turns.ts";
import { answer } from "../control/answer.ts";
import { Refusal } from "../control/route.ts";
import { understandUrl } from "../control/understand.ts";
import { writePieces } from "../http/write-pieces.ts";
import type { Explanation } from "../status/explain.ts";
import { script } from "./assets/script.ts";
import { icon, style } from "./assets/style.ts";
import { aside, overview } from "./document.ts";
import { keepLive, type LiveOptions } from "./live.ts";
import { html } from "./markup.ts";
import { rendering } from "./render.ts";
import { allServersView, serversAPage } from "./views/all-servers.ts";
import { explanationView } from "./views/explanation.ts";

/** Everything that it takes comes from here, and nothing may be put between. */
const policy = [
  "default-src 'none'",
  ...["style-src", "script-src", "img-src", "connect-src"].map((what) => `${what} 'self'`),
  ...["base-uri", "form-action", "frame-ancestors"].map((what) => `${what} 'none'`),
].join("; ");

const assets: ReadonlyMap<string, Asset> = new Map(
  [
    ["/page.css", "text/css; charset=utf-8", style],
    ["/page.js", "text/javascript; charset=utf-8", script],
    ["/icon.svg", "image/svg+xml", icon],
  ].map(([path = "", type = "", text = ""]) => {
    const etag = `"${createHash("sha256").update(text).digest("hex").slice(0, 16)}"`;
    return [path, { type, body: Buffer.from(text), etag }];
  }),
);

interface Asset {
  readonly type: string;
  readonly body: Buffer;
  readonly etag: string;
}

/** What of the control API whoever sees the page may read as JSON: what it shows. */
const sharedRoutes = new Set(
  ["status", "health", "explain", "events", "counters"].map((name) => `/v1/${name}`),
);

export interface Page {
  serve(request: IncomingMessage, response: ServerResponse, gone: AbortSignal): Promise<void>;
  stop(): void;
}

/** The page, of what a director says; whether somebody may see it is the listener's to say. */
export function createPage(options: LiveOptions): Page {
  const { director } = options;
  const live = keepLive(options);

  const serve = async (
    request: IncomingMessage,
    response: ServerResponse,
    gone: AbortSignal,
  ): Promise<void> => {
    const [path = "", search = ""] = (request.url ?? "").split("?", 2);
    const query = new URLSearchParams(search);
    response.setHeader("Content-Security-Policy", policy);
    const asset = assets.get(path);
    if (asset !== undefined) return sendAsset(request, response, asset);
    try {
      if (sharedRoutes.has(path)) return await serveRoute(request, response, gone);
      if (path === "/live") return await serveEvents(request, response, gone);
      const text = await documentAt(path, query, search);
      sendText(response, 200, "text/html; charset=utf-8", text);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, message } = error;
      const text = aside(message, html`<h1>${message}</h1>`);
      if (response.headersSent) response.destroy();
      else sendText(response, status, "text/html; charset=utf-8", text);
    }
  };

  const documentAt = async (
    path: string,
    query: URLSearchParams,
    search: string,
  ): Promise<string> => {
    switch (path) {
      case "/": {
        const shown = await live.shown();
        const page = countIn(query, "page", 10_000) ?? 1;
        const rendered = page === 1 ? shown.rendered : await inTurns(rendering(shown.scene, page));
        return overview(shown, rendered, { page, every: countIn(query, "every", 3_600) });
      }
      case "/service":
        return servicePage(query);
      case "/explain": {
        const given = await ask(`/v1/explain?${search}`);
        const { rows } = given as { rows: readonly Explanation[] };
        const what = query.get("what") ?? "";
        return aside(`${what}: why`, explanationView(what, rows, Date.now()));
      }
      default:
        throw new Refusal(404, "There is no such page.");
    }
  };

  const servicePage = async (query: URLSearchParams): Promise<string> => {
    const { scene } = await live.shown();
    const id = query.get("id") ?? "";
    const service = scene.snapshot.services.find((each) => each.id === id);
    if (service === undefined) throw new Refusal(404, "There is no such virtual service now.");
    const page = countIn(query, "page", Math.ceil(service.servers.length / serversAPage)) ?? 1;
    const inner = allServersView(service, scene, page);
    return query.get("part") === "rows"
      ? inner.text
      : aside(service.id, html`<h1>${service.id}</h1>${inner}`);
  };

  /** The control API's own route, by its own schema. */
  const ask = async (url: string): Promise<unknown> => {
    const { route, query } = understandUrl("GET", url);
    const given = await route.run(director, {
      ...{ query, body: undefined, asker: nobody },
      signal: neverAborted,
    });
    return given.kind === "value" ? given.value : undefined;
  };

  const serveRoute = async (
    request: IncomingMessage,
    response: ServerResponse,
    gone: AbortSignal,
  ): Promise<void> => {
    const { route, query } = understandUrl("GET", request.url ?? "");
    const asked = { query, body: undefined, asker: nobody, signal: gone };
    await answer(response, await route.run(director, asked), gone);
  };

  const serveEvents = async (
    request: IncomingMessage,
    response: ServerResponse,
    gone: AbortSignal,
  ): Promise<void> => {
    const { searchParams } = new URL(request.url ?? "", "http://page");
    const tag = request.headers["last-event-id"] ?? searchParams.get("since") ?? "";
    response.writeHead(200, { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" });
    if (request.method === "HEAD") response.end();
    else await writePieces(response, live.follow(String(tag), gone), gone);
  };

  return { serve, stop: () => live.stop() };
}

/** Whoever looks at the page orders nothing. */
const nobody = { uid: -1, pid: -1, name: "somebody" };
const neverAborted = new AbortController().signal;

/** @returns undefined when it is not there @throws Refusal when it is no number from 1 to `max` */
function countIn(query: URLSearchParams, name: string, max: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= max) return count;
  throw new Refusal(404, `There is no ${name} like that.`);
}

function sendText(response: ServerResponse, status: number, type: string, text: string): void {
  const body = Buffer.from(text);
  response.writeHead(status, { "Content-Type": type, "Content-Length": body.length });
  response.end(body);
}

function sendAsset(request: IncomingMessage, response: ServerResponse, asset: Asset): void {
  const { type, body, etag } = asset;
  const headers = { ETag: etag, "Cache-Control": "no-cache" };
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(200, { ...headers, "Content-Type": type, "Content-Length": body.length });
  response.end(body);
}
