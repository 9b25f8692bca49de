/** Requests such as nobody should send, and among them good ones. What a seed gives is the same each time. */
import { routes } from "../../../src/control/routes.ts";

/** 0 to 1, without 1. */
type Random = () => number;

/** mulberry32: small, and good enough to choose by. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What one connection sends in one go. */
export interface Batch {
  readonly bytes: Buffer;
  /** Of its requests, in order. */
  readonly methods: readonly string[];
  /** Its last request is broken, so that the server has to hang up. */
  readonly isBroken: boolean;
  /** It has no end by itself: hang up when it has begun. */
  readonly isEndless: boolean;
}

const names = ["127.0.0.2:80", "127.0.0.3", "127.0.0.1:80", "tcp:127.0.0.1:81", "web1", "[::1]:80"];
const words = ["what", "virtual", "deadlineSec", "forSec", "weight", "reason", "atEnd", "all"];
const oddWords = ["__proto__", "constructor", "toString", "", "\u0000", "hasOwnProperty", "what "];
const queryWords = ["what", "virtual", "since", "after", "unless", "follow"];

export function randomBatch(random: Random): Batch {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const upTo = (max: number): number => Math.floor(random() * (max + 1));
  const often = (share: number): boolean => random() < share;

  const mutated = (text: string): string => {
    const at = upTo(text.length);
    const char = String.fromCharCode(pick([0, 9, 10, 13, 32, 34, 37, 47, 63, 92, 123, 127, 233]));
    return text.slice(0, at) + pick([char, "", char + char]) + text.slice(at + upTo(2));
  };
  const noise = (chars: number): string =>
    Array.from({ length: upTo(chars) }, () => String.fromCodePoint(upTo(0x2ff))).join("");
  const scalar = (): unknown =>
    pick([
      () => pick(names),
      () => mutated(pick(names)),
      () => upTo(70_000),
      () => pick([-1, 0.5, 1e300, 1e15, 0]),
      () => pick([true, false, null]),
      () => noise(300),
      () => pick(["stay", "remove", "yes"]),
    ])();
  const json = (depth: number): unknown => {
    if (depth === 0 || often(0.5)) return scalar();
    if (often(0.3)) return Array.from({ length: upTo(5) }, () => json(depth - 1));
    const entries = Array.from({ length: upTo(5) }, () => [
      pick(often(0.9) ? words : oddWords),
      json(depth - 1),
    ]);
    return Object.fromEntries(entries);
  };
  const goodBody = (): unknown => {
    const what = pick(names);
    const more = often(0.3) ? { reason: noise(20) || "x" } : {};
    return pick([
      { what, deadlineSec: 1 + upTo(5), ...more },
      { what, ...more },
      { what, weight: upTo(9), ...more },
      { all: true },
    ]);
  };
  const bodyText = (): string =>
    pick([
      () => JSON.stringify(goodBody()),
      () => JSON.stringify(goodBody()),
      () => JSON.stringify(json(4)),
      () => mutated(JSON.stringify(goodBody())),
      () => mutated(JSON.stringify(json(3))),
      () => `{"what":"127.0.0.2:80",${pick(['"__proto__":{"all":true}', '"what":"x"'])}}`,
      () => noise(200),
      () => "[".repeat(upTo(30_000)),
      () => (often(0.1) ? `"${"x".repeat(70_000)}"` : ""),
    ])();
  const search = (): string => {
    if (often(0.4)) return "";
    const value = () => encodeURIComponent(String(scalar()));
    const pairs = Array.from(
      { length: upTo(3) },
      () => `${pick(often(0.9) ? queryWords : oddWords.slice(0, 3))}=${value()}`,
    );
    return `?${often(0.8) ? pairs.join("&") : mutated(pairs.join("&")).replace(/[^!-~]/g, "")}`;
  };
  const path = (route: string): string =>
    pick([
      ...Array.from({ length: 12 }, () => () => route),
      () => mutated(route).replace(/[^!-~]/g, "") || "/",
      () => `${route}/`,
      () => `http://localhost${route}`,
      () => `/${noise(20).replace(/[^!-~]/g, "")}`,
    ])();
  const oddHeaders = (): string =>
    often(0.8)
      ? ""
      : pick([
          "Expect: 100-continue\r\n",
          "Connection: close\r\n",
          "Content-Type: text/plain\r\nAccept: */*\r\n",
          `X: ${"y".repeat(upTo(2_000))}\r\n`,
          "Authorization: Basic eDp5\r\nCookie: a=b\r\n",
        ]);

  const goodRequest = (): { method: string; text: string } => {
    const route = pick(routes);
    // A reload reads files: fewer of them, or the test is about that.
    const isRare = route.path === "/v1/reload" && !often(0.1);
    const target = isRare ? "/v1/orders" : route.path;
    const method = often(0.85)
      ? route.method
      : pick(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "TRACE"]);
    const line = `${method} ${path(target)}${method === "POST" && often(0.9) ? "" : search()}`;
    const body = method === "POST" ? Buffer.from(bodyText()).toString("latin1") : "";
    const head = `${line.replace(/follow=yes/, "follow=no")} HTTP/1.1\r\nHost: x\r\n${oddHeaders()}`;
    const length = Buffer.byteLength(body, "latin1");
    const framed = often(0.15)
      ? `Transfer-Encoding: chunked\r\n\r\n${length === 0 ? "" : `${length.toString(16)}\r\n${body}\r\n`}0\r\n\r\n`
      : `Content-Length: ${length}\r\n\r\n${body}`;
    return { method, text: `${head}${framed}` };
  };
  const brokenRequest = (): string =>
    pick([
      () => goodRequest().text.slice(0, -1 - upTo(20)),
      () => mutated(mutated(goodRequest().text)),
      () => `${noise(200)}\r\n\r\n`,
      () => "GET /v1/status HTTP/9.9\r\n\r\n",
      () => "GET /v1/status HTTP/1.1\r\n\r\n",
      () => "GET /v1/status\r\n\r\n",
      () => `GET /v1/status HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(9_000)}\r\n\r\n`,
      () => "GET /v1/status HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nrest",
      () => "BREW /v1/status HTTP/1.1\r\nHost: x\r\n\r\n",
      () => "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
      () => "POST /v1/drain HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
      () =>
        "POST /v1/drain HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
      () => "POST /v1/drain HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
      () => "POST /v1/undrain HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{}",
    ])();

  if (often(0.01)) {
    const text = `GET /v1/events?follow=yes HTTP/1.1\r\nHost: x\r\n\r\n`;
    return { bytes: Buffer.from(text), methods: ["GET"], isBroken: false, isEndless: true };
  }
  const requests = Array.from({ length: often(0.9) ? 1 : 1 + upTo(5) }, goodRequest);
  const isBroken = often(0.1);
  const text = requests.map((request) => request.text).join("") + (isBroken ? brokenRequest() : "");
  const methods = [...requests.map(({ method }) => method), ...(isBroken ? ["POST"] : [])];
  return { bytes: Buffer.from(text, "latin1"), methods, isBroken, isEndless: false };
}
