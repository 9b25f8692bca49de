import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { Refusal } from "../../../src/control/route.ts";
import { routes } from "../../../src/control/routes.ts";
import { understand } from "../../../src/control/understand.ts";

/** A request as the server gets it. */
function request(method: string, url: string, body: string | Buffer = ""): IncomingMessage {
  const it = new IncomingMessage(new Socket());
  it.method = method;
  it.url = url;
  it.push(body);
  it.push(null);
  return it;
}

const refusal = async (...asked: Parameters<typeof request>): Promise<string> => {
  try {
    await understand(request(...asked));
  } catch (error) {
    if (error instanceof Refusal) return `${error.status} ${error.message}`;
    throw error;
  }
  return "taken";
};

const drain = JSON.stringify({ what: "10.0.0.3:80", deadlineSec: 60 });

test("every route is found by its method and its path, and by nothing else", async () => {
  for (const { method, path } of routes) {
    expect(await refusal(method, path), path).not.toContain("404");
    expect(await refusal("PATCH", path)).toMatch(/^400 .* takes .*, not PATCH$/);
    expect(await refusal(method, `${path}/`)).toMatch(/^404 there is no /);
    expect(await refusal(method, path.toUpperCase())).toMatch(/^404 /);
  }
});

test("no two routes have the same method and path", () => {
  const names = routes.map(({ method, path }) => `${method} ${path}`);
  expect(new Set(names).size).toBe(names.length);
});

test("a query gives its words, a body its values and its defaults", async () => {
  expect(await understand(request("GET", "/v1/explain?what=%2010.0.0.3%20"))).toMatchObject({
    query: { what: "10.0.0.3" },
    body: undefined,
  });
  expect(await understand(request("POST", "/v1/drain", drain))).toMatchObject({
    body: { what: "10.0.0.3:80", deadlineSec: 60, atEnd: "stay" },
  });
});

test.for<[why: string, asked: Parameters<typeof request>, told: string]>([
  [
    "a slip in the path",
    ["GET", "/v1/statsu"],
    '404 there is no /v1/statsu; did you mean "/v1/status"?',
  ],
  ["another path", ["GET", "/"], "404 there is no /"],
  ["another method", ["POST", "/v1/status"], "400 /v1/status takes GET, not POST"],
  ["no word that has to be there", ["GET", "/v1/explain"], "400 query: what: "],
  ["a word twice", ["GET", "/v1/explain?what=a&what=b"], "400 query: what is there twice"],
  ["an unknown word", ["GET", "/v1/status?whta=a"], "400 query: whta: "],
  ["a word of every object", ["GET", "/v1/status?__proto__=a"], "400 query: __proto__: "],
  ["another one", ["GET", "/v1/status?constructor=a"], "400 query: constructor: "],
  ["no number", ["GET", "/v1/events?since=now"], "400 query: since: not a whole number"],
  ["a number beyond all", ["GET", `/v1/events?after=${"9".repeat(16)}`], "400 query: after: "],
  ["no JSON", ["POST", "/v1/drain", "{what"], "400 body: it is no JSON"],
  ["an unfinished JSON", ["POST", "/v1/drain", drain.slice(0, -1)], "400 body: it is no JSON"],
  ["JSON that is no object", ["POST", "/v1/drain", "[]"], "400 body: what: "],
  ["null", ["POST", "/v1/drain", "null"], "400 body: "],
  ["no body", ["POST", "/v1/drain"], "400 body: what: "],
  ["a body of blanks", ["POST", "/v1/undrain", " \n"], "400 body: say what, or all"],
  [
    "both what and all",
    ["POST", "/v1/undrain", '{"what":"a","all":true}'],
    "400 body: say what, or all",
  ],
  ["__proto__", ["POST", "/v1/undrain", '{"__proto__":{"all":true}}'], "400 body: __proto__: "],
  ["a half number", ["POST", "/v1/weight", '{"what":"a","weight":0.5}'], "400 body: weight: "],
  ["too much weight", ["POST", "/v1/weight", '{"what":"a","weight":65536}'], "400 body: weight: "],
  [
    "a text in place of a number",
    ["POST", "/v1/weight", '{"what":"a","weight":"1"}'],
    "400 body: weight: ",
  ],
  [
    "more than a year",
    ["POST", "/v1/drain", '{"what":"a","deadlineSec":31622401}'],
    "400 body: deadlineSec: ",
  ],
  [
    "no time at all",
    ["POST", "/v1/drain", '{"what":"a","deadlineSec":0}'],
    "400 body: deadlineSec: ",
  ],
  [
    "a long reason",
    ["POST", "/v1/maintenance", `{"what":"a","reason":"${"x".repeat(201)}"}`],
    "400 body: reason: ",
  ],
  [
    "deep JSON",
    ["POST", "/v1/drain", `{"what":${"[".repeat(30_000)}${"]".repeat(30_000)}}`],
    "400 body: what: ",
  ],
  ["JSON too deep to end", ["POST", "/v1/drain", "[".repeat(60_000)], "400 body: it is no JSON"],
  [
    "a large body",
    ["POST", "/v1/drain", `"${"x".repeat(65_536)}"`],
    "400 body: more than 65536 bytes",
  ],
  [
    "bytes that are no text",
    ["POST", "/v1/drain", Buffer.from([0xff, 0xfe])],
    "400 body: it is no JSON",
  ],
  ["a path that commands a terminal", ["GET", "/v1/\u001b[2J"], "404 there is no /v1/ [2J"],
])("%s is refused, and why is told", async ([, asked, told]) => {
  const text = await refusal(...asked);
  expect(text.slice(0, told.length)).toBe(told);
  expect(text.length).toBeLessThan(400);
});

test("a body of just as many bytes as are taken is read", async () => {
  const text = drain.padEnd(65_536);
  expect(await refusal("POST", "/v1/drain", text)).toBe("taken");
  expect(await refusal("POST", "/v1/drain", `${text} `)).toContain("more than 65536");
});
