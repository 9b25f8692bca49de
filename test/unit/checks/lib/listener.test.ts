import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { listenFor } from "../../../../checks/lib/stream/listener.ts";
import { eventually, openSockets } from "../probing.ts";

const peer = "127.0.0.2";
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Connects from one of our own addresses. Resolves with whether it is held, once the other side has decided. */
function from(localAddress: string, port: number): Promise<"held" | "closed" | "refused"> {
  const socket = connect({ host: "127.0.0.1", port, localAddress });
  sockets.push(socket);
  return new Promise((resolve) => {
    socket.on("error", () => resolve("refused"));
    socket.on("close", () => resolve("closed"));
    socket.resume().on("data", () => resolve("held"));
  });
}

test("takes the peer's connection alone, however many others came before it", async () => {
  const signal = new AbortController().signal;
  using listener = await listenFor(peer, "127.0.0.1", signal);
  const { port } = listener.local;
  const strangers = Array.from({ length: 100 }, (_, i) => from(`127.0.0.${10 + (i % 50)}`, port));
  expect(new Set(await Promise.all(strangers))).toEqual(new Set(["closed"]));
  const taken = from(peer, port);
  const socket = await listener.accepted();
  socket.write("hello");
  expect(await taken).toBe("held");
  expect(socket.remoteAddress).toBe(peer);
  expect(await from(peer, port)).toBe("refused");
  socket.destroy();
});

test("strangers are closed before anybody waits, and nobody is taken after too many", async () => {
  const controller = new AbortController();
  const before = openSockets().length;
  {
    using listener = await listenFor(peer, "127.0.0.1", controller.signal);
    const { port } = listener.local;
    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 60 }, (_, i) => from(`127.0.0.${10 + i}`, port)));
    }
    expect(await from("127.0.0.9", port)).toBe("refused");
    const accepted = listener.accepted();
    controller.abort(new Error("the deadline"));
    await expect(accepted).rejects.toThrow("the deadline");
  }
  for (const socket of sockets) socket.destroy();
  expect(await eventually(() => openSockets().length <= before)).toBe(true);
});

test("nothing stays of a connection that nobody took", async () => {
  const before = openSockets().length;
  let held: Promise<string>;
  {
    using listener = await listenFor(peer, "127.0.0.1", new AbortController().signal);
    held = from(peer, listener.local.port);
    await eventually(() => openSockets().length >= before + 3);
  }
  expect(await held).toBe("closed");
  expect(await eventually(() => openSockets().length <= before)).toBe(true);
});
