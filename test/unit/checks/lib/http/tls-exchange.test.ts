import { createServer, type TLSSocket } from "node:tls";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { useEngine } from "../../../../../checks/lib/engine/engine.ts";
import { ask } from "../../../../../checks/lib/http/ask.ts";
import { Run } from "../../../../../checks/lib/run-signal.ts";
import type { Endpoint } from "../../../../../src/model/address.ts";
import { theRuns } from "../../../../support/engine-kind.ts";
import { makeCertificates } from "../../../../support/servers/certificates.ts";
import { close, listen } from "../../../../support/servers/scripted.ts";
import { eventually, openSockets } from "../../probing.ts";

const certificates = makeCertificates("name.example");
const systemStore = process.env["SSL_CERT_FILE"];

/** What it says to the request, in pieces, each in a turn of its own; and how it ends. */
let answer: readonly string[] = [];
let end: "in order" | "abruptly" | "never" = "in order";
const requests: string[] = [];
const server = createServer(certificates.good, (socket) => {
  socket.on("error", () => {});
  socket.once("data", () => say(socket, answer));
  socket.on("data", (asked) => requests.push(asked.toString("latin1")));
});
function say(socket: TLSSocket, [piece, ...others]: readonly string[]): void {
  if (piece !== undefined)
    socket.write(Buffer.from(piece, "latin1"), () => setImmediate(() => say(socket, others)));
  else if (end === "abruptly") socket.destroy();
  else if (end === "in order") socket.end();
}

let target: Endpoint;
beforeAll(async () => {
  process.env["SSL_CERT_FILE"] = certificates.caFile;
  target = await listen(server, "127.0.0.1");
});
afterEach(() => {
  useEngine(theRuns);
  end = "in order";
});
afterAll(async () => {
  if (systemStore === undefined) delete process.env["SSL_CERT_FILE"];
  else process.env["SSL_CERT_FILE"] = systemStore;
  certificates[Symbol.dispose]();
  await close(server);
});

async function told(method: "GET" | "HEAD", by: "native" | "node"): Promise<unknown> {
  useEngine(by);
  const { address: host, port } = target;
  const there = { scheme: "https", host, port, path: "/x", hostHeader: "www", serverName: "" };
  try {
    return await ask({ ...there, scheme: "https" }, method, target, new Run());
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
}
const bothSay = async (method: "GET" | "HEAD" = "GET"): Promise<readonly unknown[]> => [
  await told(method, "native"),
  await told(method, "node"),
];

const ok = "HTTP/1.1 200 OK\r\n";
const answers: readonly (readonly [name: string, text: string])[] = [
  ["a plain page", `${ok}Content-Length: 5\r\n\r\nhello`],
  ["a redirect", "HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n"],
  ["a page up to the end", `${ok}\r\nhello`],
  ["chunks", `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`],
  ["chunks without an end", `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`],
  ["less than its length", `${ok}Content-Length: 9\r\n\r\nhello`],
  ["an interim reply first", `HTTP/1.1 100 Continue\r\n\r\n${ok}Content-Length: 2\r\n\r\nhi`],
  ["half a head", `${ok}Content-Le`],
  ["nothing", ""],
  ["another protocol", "220 mail.example ESMTP\r\n"],
  ["a long page", `${ok}Content-Length: 100000\r\n\r\n${"x".repeat(100_000)}`],
  ["more than is read", `${ok}\r\n${"x".repeat(600_000)}`],
];

test.for(answers)("%s is told in Node's words", async ([, text]) => {
  for (end of ["in order", "abruptly"] as const) {
    answer = [text];
    const [ours, nodes] = await bothSay();
    expect(ours).toEqual(nodes);
  }
});

test("a page in many pieces is read to its end", async () => {
  answer = [`${ok}Content-Length: 20\r\n\r\n`, ..."abcdefghijklmnopqrst"];
  expect(await told("GET", "native")).toMatchObject({ body: "abcdefghijklmnopqrst" });
});

test("both ways ask in the same words, once", async () => {
  for (const method of ["GET", "HEAD"] as const)
    for (const [, text] of answers.slice(0, 4)) {
      answer = [text];
      requests.length = 0;
      await bothSay(method);
      expect(requests).toHaveLength(2);
      expect(requests[0]).toBe(requests[1]);
    }
});

test("nothing stays open", async () => {
  const before = openSockets().length;
  for (const [, text] of answers.slice(0, 2)) {
    answer = [text];
    end = "never";
    await told("GET", "native");
  }
  expect(await eventually(() => openSockets().length <= before)).toBe(true);
});

const runs = Number(process.env["HTTPS_ANSWERS"] ?? (process.env["CI"] ? 500 : 60));

test(`${runs} answers cut anywhere: Node's parser would have said the same`, async () => {
  const cut = fc.tuple(
    fc.constantFrom(...answers.slice(0, 8).map(([, text]) => text)),
    fc.array(fc.nat({ max: 90 }), { maxLength: 4 }),
    fc.constantFrom<"GET" | "HEAD">("GET", "HEAD"),
  );
  await fc.assert(
    fc.asyncProperty(cut, async ([text, cuts, method]) => {
      const places = [0, ...cuts.sort((a, b) => a - b), text.length];
      answer = places.slice(1).map((to, i) => text.slice(places[i], to));
      const [ours, nodes] = await bothSay(method);
      expect(ours).toEqual(nodes);
    }),
    { numRuns: runs },
  );
});
