import type { Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { up, type Verdict } from "../../../../checks/check.ts";
import { useEngine } from "../../../../checks/lib/engine/engine.ts";
import {
  type DialogueOptions,
  DownNow,
  dialogue,
  maxLineBytes,
  type Session,
  type TlsOptions,
} from "../../../../checks/lib/stream/dialogue.ts";
import type { Endpoint } from "../../../../src/model/address.ts";
import { theRuns } from "../../../support/engine-kind.ts";
import { type KeyPair, makeCertificates } from "../../../support/servers/certificates.ts";
import {
  close,
  closing,
  endless,
  listen,
  loopbacks,
  refusing,
  serve,
  silent,
} from "../../../support/servers/scripted.ts";
import { eventually, openSockets } from "../probing.ts";

const talkTo = (
  target: Endpoint,
  talk: (session: Session) => Promise<Verdict>,
  { signal = new AbortController().signal, ...options }: Partial<DialogueOptions> = {},
): Promise<Verdict> => dialogue(target, { signal, ...options }, talk);

/** One line of the server's, as the verdict's detail. */
const oneLine = async (session: Session): Promise<Verdict> => up(await session.line());

const saying = (text: string | Buffer, onEnd: (socket: Socket) => void = () => {}) =>
  serve("127.0.0.1", (socket) => {
    socket.resume().write(text, () => onEnd(socket));
  });

describe.each(["native", "node"] as const)("over a socket of %s:", (kind) => {
  beforeEach(() => useEngine(kind));
  afterEach(() => useEngine(theRuns));

  for (const address of loopbacks) {
    test(`question and answer in turns, on ${address}`, async () => {
      await using server = await serve(address, (socket) => {
        socket.write("hello\r\n");
        socket.on("data", (bytes) => {
          for (const byte of Buffer.from(`you said ${bytes.toString().trim()}\r\n`))
            socket.write(Buffer.of(byte));
        });
      });
      const said: string[] = [];
      const verdict = await talkTo(server.endpoint, async (session) => {
        said.push(await session.line());
        session.send("one\r\n");
        said.push(await session.line());
        session.send(Buffer.from("two\r\n"));
        said.push(await session.line());
        expect(session.local.address).toBe(address);
        return up("done");
      });
      expect(verdict).toEqual(up("done"));
      expect(said).toEqual(["hello", "you said one", "you said two"]);
      expect(await eventually(() => server.held() === 0)).toBe(true);
    });
  }

  describe("a line", () => {
    test("ends with LF as well as CRLF; other bytes come as they are", async () => {
      await using server = await saying(Buffer.from("\xe9\0\r\r\nb\n", "latin1"));
      expect(
        await talkTo(server.endpoint, async (session) => {
          return up(JSON.stringify([await session.line(), await session.line()]));
        }),
      ).toEqual(up(JSON.stringify(["\xe9\0\r", "b"])));
    });

    test("of more than 64 KiB is no line of the protocol", async () => {
      await using server = await saying(`${"x".repeat(maxLineBytes + 1)}\n`);
      expect(await talkTo(server.endpoint, oneLine)).toMatchObject({ reason: "protocol" });
    });

    test("of 64 KiB is, and its first KiB is looked at", async () => {
      await using server = await saying(`${"x".repeat(maxLineBytes)}\nnext\n`);
      expect((await talkTo(server.endpoint, oneLine)).detail).toBe("x".repeat(1024));
    });

    test("without an end is closed, when the server closes", async () => {
      await using server = await saying("220 al", (socket) => socket.end());
      expect(await talkTo(server.endpoint, oneLine)).toEqual({
        up: false,
        reason: "closed",
        detail: "connection closed",
      });
    });

    test("that came before a reset is still read", async () => {
      await using server = await saying("220 fine\r\n", (socket) => {
        socket.once("data", () => socket.resetAndDestroy());
      });
      expect(
        await talkTo(server.endpoint, async (session) => {
          const signal = new AbortController().signal;
          const sockets = openSockets().length;
          session.send("?");
          await eventually(() => openSockets().length < sockets);
          const first = await session.line();
          const second = await session.line().catch((error: unknown) => {
            expect(signal.aborted).toBe(false);
            expect(error).toMatchObject({ code: "ECONNRESET" });
          });
          expect(second).toBeUndefined();
          return up(first);
        }),
      ).toEqual(up("220 fine"));
    });
  });

  test("bytes: what is there, at most so many, nothing at the end", async () => {
    await using server = await saying("abcdef", (socket) => socket.end());
    expect(
      await talkTo(server.endpoint, async (session) => {
        const parts = [await session.bytes(4), await session.bytes(4)];
        expect(await session.bytes(4)).toBe("");
        return up(parts.join());
      }),
    ).toEqual(up("abcd,ef"));
  });

  test("end closes our direction only", async () => {
    await using server = await serve("127.0.0.1", (socket) => {
      let got = "";
      socket.on("data", (bytes) => {
        got += bytes;
      });
      socket.on("end", () => socket.end(`got ${got}\n`));
    });
    expect(
      await talkTo(server.endpoint, async (session) => {
        session.send("all");
        session.end();
        return up(await session.line());
      }),
    ).toEqual(up("got all"));
  });

  test("the server's end is answered with ours, which it may wait for", async () => {
    let isOurs = false;
    await using server = await serve("127.0.0.1", (socket) => {
      socket.resume().on("end", () => {
        isOurs = true;
      });
      socket.end("all of it");
    });
    expect(
      await talkTo(server.endpoint, async (session) => {
        const all = await session.bytes(100);
        expect(await session.bytes(100)).toBe("");
        expect(await eventually(() => isOurs)).toBe(true);
        return up(all);
      }),
    ).toEqual(up("all of it"));
  });

  test("a server that never stops talking is down, at 1 MiB", async () => {
    await using server = await endless("127.0.0.1");
    expect(
      await talkTo(server.endpoint, async (session) => {
        for (;;) await session.line();
      }),
    ).toEqual({ up: false, reason: "protocol", detail: "the server never stops talking" });
  });

  test("what nobody reads is left with the server", async () => {
    let writtenKiB = 0;
    const chunk = Buffer.alloc(64 * 1024);
    await using server = await serve("127.0.0.1", (socket) => {
      socket.resume();
      const pour = (): void => {
        while (!socket.destroyed && socket.write(chunk)) writtenKiB += 64;
      };
      socket.on("drain", pour);
      pour();
    });
    const controller = new AbortController();
    const before = process.memoryUsage().arrayBuffers;
    const running = talkTo(
      server.endpoint,
      async (session) => {
        await session.bytes(1);
        await new Promise<never>((_, reject) => {
          controller.signal.addEventListener("abort", () => reject(controller.signal.reason));
          setTimeout(() => controller.abort(new Error("cut")), 200);
        });
        return up("");
      },
      { signal: controller.signal },
    );
    await expect(running).rejects.toThrow("cut");
    expect(writtenKiB).toBeGreaterThan(0);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
  });

  describe("ends", () => {
    test("refused", async () => {
      await using server = await refusing("127.0.0.1");
      expect(await talkTo(server.endpoint, oneLine)).toMatchObject({ reason: "refused" });
    });

    test("closed at once", async () => {
      await using server = await closing("127.0.0.1");
      expect(await talkTo(server.endpoint, oneLine)).toMatchObject({ reason: "closed" });
    });

    test("by a verdict thrown from within", async () => {
      await using server = await silent("127.0.0.1");
      const verdict = await talkTo(server.endpoint, async () => {
        throw new DownNow("auth", "no");
      });
      expect(verdict).toEqual({ up: false, reason: "auth", detail: "no" });
    });

    test("by a bug, which flies, and the connection is closed", async () => {
      await using server = await silent("127.0.0.1");
      const bug = new TypeError("bug");
      await expect(
        talkTo(server.endpoint, async () => {
          throw bug;
        }),
      ).rejects.toBe(bug);
      expect(await eventually(() => server.held() === 0)).toBe(true);
    });

    test("by the signal, with its reason, nothing open and nobody listening to it", async () => {
      await using server = await silent("127.0.0.1");
      const controller = new AbortController();
      const reason = new Error("stop");
      let listeners = 0;
      const { signal } = controller;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners++;
        add(...args);
      };
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listeners--;
        remove(...args);
      };
      const running = talkTo(server.endpoint, oneLine, { signal });
      await eventually(() => server.held() === 1);
      controller.abort(reason);
      await expect(running).rejects.toBe(reason);
      expect(await eventually(() => server.held() === 0)).toBe(true);
      expect(listeners).toBe(0);
    });
  });

  test("more than the system takes at once is sent, and then our end", async () => {
    let got = 0;
    await using server = await serve("127.0.0.1", (socket) => {
      // It begins to read when we have begun to wait.
      setImmediate(() =>
        socket.on("data", (bytes) => {
          got += bytes.length;
        }),
      );
      socket.on("end", () => socket.end(`got ${got}\n`));
    });
    const much = Buffer.alloc(16 * 1024 * 1024, "x");
    expect(
      await talkTo(server.endpoint, async (session) => {
        session.send(much);
        session.send("and more");
        session.end();
        return up(await session.line());
      }),
    ).toEqual(up(`got ${much.length + 8}`));
  });

  test("what the server said before it hung up on us is read, whatever we send", async () => {
    await using server = await serve("127.0.0.1", (socket) => {
      socket.write("220 fine\r\n");
      socket.once("data", () => socket.write("421 too busy\r\n", () => socket.destroy()));
    });
    expect(
      await talkTo(server.endpoint, async (session) => {
        await session.line();
        session.send("HELO\r\n");
        expect(await eventually(() => server.held() === 0)).toBe(true);
        for (let i = 0; i < 3; i++) {
          session.send("QUIT\r\n");
          await new Promise((resolve) => setImmediate(resolve));
        }
        return up(await session.line());
      }),
    ).toEqual(up("421 too busy"));
  });
});

describe("over TLS", () => {
  const certificates = makeCertificates("name.example");
  afterAll(() => certificates[Symbol.dispose]());
  const systemStore = process.env["SSL_CERT_FILE"];
  afterEach(() => {
    if (systemStore === undefined) delete process.env["SSL_CERT_FILE"];
    else process.env["SSL_CERT_FILE"] = systemStore;
  });
  const chain: TlsOptions = { serverName: "", verifyChain: true };

  async function greeter({ key, cert }: KeyPair) {
    const names: unknown[] = [];
    const server = createTlsServer({ key, cert }, (socket) => {
      names.push((socket as { servername?: unknown }).servername);
      socket.on("error", () => {});
      socket.end("hello\r\n");
    });
    server.on("tlsClientError", () => {});
    const endpoint = await listen(server, "127.0.0.1");
    return { endpoint, names, [Symbol.asyncDispose]: () => close(server) };
  }

  test.for([
    ["", false],
    ["mail.example", "mail.example"],
  ] as const)('the name "%s" is asked for', async ([serverName, asked]) => {
    process.env["SSL_CERT_FILE"] = certificates.caFile;
    await using server = await greeter(certificates.good);
    const tls = { serverName, verifyChain: true };
    expect(await talkTo(server.endpoint, oneLine, { tls })).toEqual(up("hello"));
    expect(server.names).toEqual([asked]);
  });

  test("a chain that nobody vouches for is down, before a word is said", async () => {
    process.env["SSL_CERT_FILE"] = certificates.caFile;
    await using server = await greeter(certificates.selfSigned);
    expect(await talkTo(server.endpoint, oneLine, { tls: chain })).toEqual({
      up: false,
      reason: "tls",
      detail: "certificate: self-signed certificate",
    });
  });

  test("unless it is not verified", async () => {
    await using server = await greeter(certificates.selfSigned);
    const tls = { ...chain, verifyChain: false };
    expect(await talkTo(server.endpoint, oneLine, { tls })).toEqual(up("hello"));
  });

  test("a server without it", async () => {
    await using server = await saying("220 plain\r\n");
    expect(await talkTo(server.endpoint, oneLine, { tls: chain })).toEqual({
      up: false,
      reason: "tls",
      detail: "TLS: wrong version number",
    });
  });

  test("a server that hangs up in the handshake", async () => {
    await using server = await serve("127.0.0.1", (socket) => {
      socket.once("data", () => socket.end());
    });
    expect(await talkTo(server.endpoint, oneLine, { tls: chain })).toEqual({
      up: false,
      reason: "closed",
      detail: "connection closed during the TLS handshake",
    });
  });

  test("a reset in the handshake", async () => {
    await using server = await serve("127.0.0.1", (socket) => {
      socket.once("data", () => socket.resetAndDestroy());
    });
    expect(await talkTo(server.endpoint, oneLine, { tls: chain })).toMatchObject({
      reason: "closed",
    });
  });

  test("a handshake that stalls ends by the signal, and nothing stays open", async () => {
    await using server = await silent("127.0.0.1");
    const controller = new AbortController();
    const running = talkTo(server.endpoint, oneLine, { tls: chain, signal: controller.signal });
    await eventually(() => server.held() === 1);
    controller.abort(new Error("stop"));
    await expect(running).rejects.toThrow("stop");
    expect(await eventually(() => server.held() === 0)).toBe(true);
  });
});
