import { expect, test } from "vitest";
import { NameMemory } from "../../../../src/config/names/memory.ts";
import { numericAddress } from "../../../../src/config/names/numeric-address.ts";
import { type Resolver, resolveAll, systemResolver } from "../../../../src/config/names/resolve.ts";
import { parseServices } from "../../../../src/config/names/services-file.ts";
import { noLookups } from "../../../../src/config/names/stand-in-resolver.ts";
import { err, ok } from "../../../../src/model/result.ts";
import { messagesOf, read, webReal } from "../read.ts";

test.for<[text: string, family: 4 | 6, address: string | undefined]>([
  ["192.0.2.1", 4, "192.0.2.1"],
  ["010.1.1.1", 4, "8.1.1.1"],
  ["1.2", 4, "1.0.0.2"],
  ["1.2.3", 4, "1.2.0.3"],
  ["5060", 4, "0.0.19.196"],
  ["0x7f.1", 4, "127.0.0.1"],
  ["4294967295", 4, "255.255.255.255"],
  ["4294967296", 4, undefined],
  ["256.1.1.1", 4, undefined],
  ["08.1.1.1", 4, undefined],
  ["1.2.3.4.5", 4, undefined],
  ["", 4, undefined],
  ["2001:DB8:0:0::1", 6, "2001:db8::1"],
  ["192.0.2.1", 6, undefined],
  ["fe80::1%eth0", 6, undefined],
])("%s as IPv%s is %s", ([text, family, address]) => {
  expect(numericAddress(text, family)).toBe(address);
});

test("services are found by name, alias and protocol, the first line first", () => {
  const services = parseServices("# x\nhttp 80/tcp www # web\nhttp 8080/udp\nbroken\n");
  expect(services.port("http", "tcp")).toBe(80);
  expect(services.port("www", "tcp")).toBe(80);
  expect(services.port("http", "udp")).toBe(8080);
  expect(services.port("http")).toBe(80);
  expect(services.port("www", "udp")).toBeUndefined();
});

test("this machine knows localhost, and no service without a file", async () => {
  expect(await systemResolver().host("localhost", 4)).toEqual(ok("127.0.0.1"));
  const none = systemResolver("/nonexistent/services");
  expect(await none.service("http", "tcp")).toEqual(err("/nonexistent/services can not be read"));
});

test("a name server that never answers costs the servers with a name, at the deadline", async () => {
  const never: Resolver = {
    host: () => new Promise(() => {}),
    service: () => new Promise(() => {}),
  };
  const loaded = await read(webReal("web1.example:80 gate"), { resolver: never, deadlineMs: 20 });
  expect(loaded).toMatchObject({
    ok: true,
    config: { virtuals: [{ reals: [] }] },
    warnings: [
      {
        line: 2,
        message: expect.stringMatching(/no answer within 0\.02 seconds.*; the server is left out/),
      },
    ],
  });
});

test("who had no answer last time is asked behind the others", async () => {
  const asked: string[] = [];
  const resolver: Resolver = {
    async host(name) {
      asked.push(name);
      return name.startsWith("dead") ? err("no name server answers") : ok("192.0.2.1");
    },
    service: async () => err("unused"),
  };
  const memory = new NameMemory();
  const text = ["dead1", "dead2", "web1", "web2"]
    .map((name) => `    real=${name}:80 masq\n`)
    .join("");
  for (let round = 0; round < 2; round++) {
    await read(`virtual=192.0.2.1:80\n${text}`, { resolver, memory });
  }
  expect(asked.slice(4)).toEqual(["web1", "web2", "dead1", "dead2"]);
});

test("every name is asked once, few at a time, numbers never", async () => {
  const asked: string[] = [];
  let underWay = 0;
  let most = 0;
  const counting: Resolver = {
    async host(name) {
      asked.push(name);
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      return ok("192.0.2.1");
    },
    service: async () => ok(80),
  };
  const names = [...Array.from({ length: 30 }, (_, i) => `web${i}`), "web0", "192.0.2.7", "[::1]"];
  const questions = names.map((name) => ({ kind: "host", name, family: 4 }) as const);
  const answers = await resolveAll(questions, counting, { deadlineMs: 5_000, concurrency: 4 });
  expect(asked.length).toBe(30);
  expect(most).toBe(4);
  expect(answers.host("web29", 4)).toEqual(ok("192.0.2.1"));
  expect(answers.host("192.0.2.7", 4)).toEqual(ok("192.0.2.7"));
  expect(answers.host("[::1]", 4)).toEqual(err("it is not an IPv4 address"));
});

test("each unknown name of a file is told", async () => {
  const text = [
    "virtual=a.example:80",
    "real=b.example:80 gate",
    "real=c.example->d.example:80 gate",
    "fallback=e.example",
  ].join("\n    ");
  const out = (what: string) => `no such host; ${what} until it can be looked up`;
  const warnings = [
    `warning 4: "e.example": ${out("there is no fallback server")}`,
    `warning 1: "a.example": ${out("the service is left out")}`,
    `warning 2: "b.example": ${out("the server is left out")}`,
    `warning 3: "c.example": ${out("the server is left out")}`,
    `warning 3: "d.example": ${out("the server is left out")}`,
  ];
  expect((await messagesOf(`${text}\n`)).sort()).toEqual(warnings.sort());

  // In a file that is refused they are mistakes like others, as the original has it.
  expect(await messagesOf(`${text}\n    real=f.example:nope gate\n`)).toEqual([
    'error 4: "e.example": no such host',
    'error 1: "a.example": no such host',
    'error 2: "b.example": no such host',
    'error 3: "c.example": no such host',
    'error 3: "d.example": no such host',
    'error 5: "f.example": no such host',
    'error 5: port "nope": no such service',
  ]);
});

// Seen: `start` ended with 2 and not a word, for the stand-in of the range's end is far from its begin, or before it.
test("a range with a name in it is not judged by an address that is nobody's", async () => {
  const toName = await read(webReal("192.0.2.11->web3.example:80 gate"), { resolver: noLookups() });
  expect(toName.ok).toBe(true);
  const backwards = [
    "virtual=192.0.2.1:80",
    "real=web3.example:80 gate",
    "real=web1.example->web3.example:80 gate",
  ].join("\n    ");
  expect((await read(`${backwards}\n`, { resolver: noLookups() })).ok).toBe(true);
  const numbers = webReal("192.0.2.12->192.0.2.11:80 gate");
  expect((await read(numbers, { resolver: noLookups() })).ok).toBe(false);
});

test("without look-ups a port's name is still that port", async () => {
  const { service } = noLookups();
  expect(await service("http", "tcp")).toEqual(ok(80));
  expect(await service("nobodys-service", "tcp")).toMatchObject({ ok: true });
});
