import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Secret } from "../../../src/model/secret.ts";
import { type KeptWeb, keepWeb } from "../../../src/web/kept-web.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";

let folder = "";
let web: KeptWeb;
let log = memoryLog();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kept-web-"));
  log = memoryLog();
  web = keepWeb({ log, retryMs: 10, serve: async (_, response) => void response.end("here") });
});
afterEach(async () => {
  await web.close();
  rmSync(folder, { recursive: true, force: true });
});

const listen = "127.0.0.1:0";

async function ask(token = ""): Promise<number> {
  const headers = token === "" ? {} : { authorization: `Bearer ${token}` };
  const { statusCode, body } = await request(`http://${web.address()}/`, { headers, reset: true });
  await body.dump();
  return statusCode;
}

test("without a place to listen at nobody listens", async () => {
  await web.follow({});
  expect(web.address()).toBeUndefined();
  expect(log.events).toEqual([]);
});

test("it follows: the same again changes nothing, another token does, none closes", async () => {
  await web.follow({ listen });
  const first = web.address();
  await web.follow({ listen });
  expect(web.address()).toBe(first);
  expect(await ask()).toBe(200);
  await web.follow({ listen, token: new Secret("correct-horse-battery") });
  expect(await ask()).toBe(401);
  expect(await ask("correct-horse-battery")).toBe(200);
  await web.follow(undefined);
  expect(web.address()).toBeUndefined();
  expect(log.all("web-opened").length).toBe(2);
});

test("a port in use is told once and tried until it is free", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const place = `127.0.0.1:${(other.address() as AddressInfo).port}`;
  for (let i = 0; i < 3; i++) await web.follow({ listen: place });
  expect(log.all("web-failed")).toEqual([{ place, cause: expect.stringContaining("EADDRINUSE") }]);
  await new Promise((resolve) => other.close(resolve));
  await log.until("web-opened");
  await web.follow({ listen: place });
  expect(web.address()).toBe(place);
});

test("a token's file is read at each reload; one that is not there closes, is told, and tried again", async () => {
  const tokenFile = join(folder, "token");
  await web.follow({ listen, tokenFile });
  expect(web.address()).toBeUndefined();
  expect(log.all("web-failed")).toEqual([
    { place: listen, cause: expect.stringMatching(/token: /) },
  ]);
  writeFileSync(tokenFile, "correct-horse-battery\n");
  await log.until("web-opened");
  await web.follow({ listen, tokenFile });
  expect(await ask("correct-horse-battery")).toBe(200);
  writeFileSync(tokenFile, "another-horse-battery\n");
  await web.follow({ listen, tokenFile });
  expect(await ask("correct-horse-battery")).toBe(401);
  expect(await ask("another-horse-battery")).toBe(200);
  writeFileSync(tokenFile, "short\n");
  await web.follow({ listen, tokenFile });
  expect(web.address()).toBeUndefined();
});
