import { createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ControlledDaemon, virtualText } from "../../../support/controlled-daemon.ts";

let it: ControlledDaemon;
beforeEach(async () => {
  it = await ControlledDaemon.start(
    virtualText(80, "real=127.0.0.2:80 masq\nreal=127.0.0.3:80 masq 0\nchecktype=on") +
      virtualText(81, "real=127.0.0.2:81 masq\nchecktype=on") +
      virtualText(82, "real=127.0.0.2:82 masq\nchecktype=off"),
  );
});
afterEach(() => it[Symbol.asyncDispose]());

const half = "127.0.0.1:80 usable 1 of 2\n";
const fine = "127.0.0.1:81 usable 1 of 1\n";
const none = "127.0.0.1:82 nobody 0 of 1\n";

test.for<[words: string, code: number, out: string]>([
  ["", 2, half + fine + none],
  ["--all", 2, half + fine + none],
  ["--any", 0, half + fine + none],
  ["127.0.0.1:81", 0, fine],
  ["tcp:127.0.0.1:81", 0, fine],
  ["--share 50 127.0.0.1:80", 0, half],
  ["--share 51% 127.0.0.1:80", 1, "127.0.0.1:80 degraded 1 of 2\n"],
  ["--share 51 127.0.0.1:80 127.0.0.1:81", 1, `127.0.0.1:80 degraded 1 of 2\n${fine}`],
  ["--share 51 --any 127.0.0.1:80 127.0.0.1:82", 1, `127.0.0.1:80 degraded 1 of 2\n${none}`],
])("health %s ends with %i", async ([words, code, out]) => {
  const given = words.split(" ").filter((word) => word !== "");
  expect(await it.ctl(["health", ...given])).toEqual({ code, out, err: "" });
});

test("one that there is not is unknown, and said", async () => {
  const err = "there is no virtual service 127.0.0.1:99\n";
  expect(await it.ctl(["health", "127.0.0.1:99"])).toEqual({ code: 3, out: "", err });
  expect(await it.ctl(["health", "--any", "127.0.0.1:99", "127.0.0.1:81"])).toEqual({
    ...{ code: 0, out: fine, err },
  });
});

test("an order counts: what is drained, or has weight 0, clients can not use", async () => {
  await it.ctl(["drain", "--deadline", "1h", "127.0.0.2:81"]);
  expect(await it.ctl(["health", "127.0.0.1:81"])).toMatchObject({ code: 2 });
  await it.ctl(["weight", "127.0.0.3:80", "5"]);
  expect(await it.ctl(["health", "127.0.0.1:80"])).toMatchObject({
    out: "127.0.0.1:80 usable 2 of 2\n",
  });
});

test("as JSON it is one object", async () => {
  const { code, out } = await it.ctl(["health", "--json", "127.0.0.1:82"]);
  expect({ code, ...JSON.parse(out) }).toEqual({
    ...{ code: 2, version: 1, word: "nobody" },
    services: [{ id: "tcp:127.0.0.1:82", name: "127.0.0.1:82", word: "nobody", up: 0, of: 1 }],
  });
});

test.for<string[]>([
  ["--any", "--all"],
  ["--share", "0"],
  ["--share", "101"],
  ["--share", "half"],
])("%s is wrong use", async (words) => {
  expect(await it.ctl(["health", ...words])).toMatchObject({ code: 64, out: "" });
});

test("without a daemon it is unknown", async () => {
  await it.end();
  expect(await it.ctl(["health"])).toEqual({
    ...{ code: 3, out: "" },
    err: `no ldirectord-ng runs for ${it.cf} (nobody listens on ${it.socket})\n`,
  });
});

/** In the daemon's place, one that does this with each connection. */
async function inItsPlace(act: (socket: Socket) => void): Promise<AsyncDisposable> {
  await it.end();
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    act(socket.on("error", () => {}));
  });
  await new Promise<void>((resolve) => server.listen(it.socket, resolve));
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("one that is frozen is unknown, and not waited for", async () => {
  await using _ = await inItsPlace(() => {});
  expect(await it.ctl(["health"])).toEqual({ code: 3, out: "", err: "no answer within 5 s\n" });
}, 15_000);

test("one that does not know the request is unknown", async () => {
  const body = '{"error":"there is no /v1/health"}';
  const head = `HTTP/1.1 404 Not Found\r\nContent-Length: ${body.length}\r\n\r\n`;
  await using _ = await inItsPlace((socket) => socket.once("data", () => socket.end(head + body)));
  expect(await it.ctl(["health"])).toEqual({ code: 3, out: "", err: "there is no /v1/health\n" });
});
