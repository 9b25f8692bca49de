/** Talking to a real server in turns, over TCP or TLS: what every line protocol here is written with. */

import type { Socket } from "node:net";
import type { Endpoint } from "../../../src/model/address.ts";
import type { Verdict } from "../../check.ts";
import { DownNow, neverStops } from "../down-now.ts";
import { engine } from "../engine/engine.ts";
import { EngineSocket } from "../engine/engine-socket.ts";
import { verdictOf } from "../fault.ts";
import { heard } from "../heard.ts";
import { countedBytes, maxLines, maxTotalBytes } from "../limits.ts";
import type { RunSignal } from "../run-signal.ts";
import { noteReceived, noteSent } from "../words.ts";
import { type Channel, type Ears, engineChannel, nodeChannel } from "./channel.ts";
import { createReceived } from "./received.ts";
import { openTcp } from "./tcp.ts";
import { serverNameOf, type TlsOptions } from "./tls.ts";

export { DownNow } from "../down-now.ts";
export { maxTotalBytes } from "../limits.ts";
export type { TlsOptions } from "./tls.ts";

/** Longest line, CRLF not counted. */
export const maxLineBytes = 64 * 1024;
/** Of a line, what is looked at. The rest says nothing that a check wants to know. */
const keptLineBytes = 1024;
/** Of a page or a file, what is kept to find `receive` in: with the copy that a search takes it stays within a MiB. */
export const maxContentBytes = 512 * 1024;

/** One connection. What it gives is latin1: one character a byte. */
export interface Session {
  /** Our own end of the connection. */
  readonly local: Endpoint;
  /**
   * The next line, without its LF or CRLF: of a long one the first KiB. Rejects when the server ends the
   * connection before it.
   */
  line(): Promise<string>;
  /** What is there, at least one byte and at most `max`; "" at the end. */
  bytes(max: number): Promise<string>;
  /** Queues `text`, as UTF-8 (a Buffer: as it is); waits for nothing. */
  send(text: string | Buffer): void;
  /** Closes our direction; the server's stays open. */
  end(): void;
}

export interface DialogueOptions {
  readonly signal: RunSignal;
  /** Absent: plain TCP. */
  readonly tls?: TlsOptions | undefined;
}

/** What every check over TLS asks for: the chain is verified, and the host of `virtualhost` is the SNI. */
export const verifiedTls = (virtualHost: string | undefined): TlsOptions => ({
  serverName: virtualHost === undefined ? "" : serverNameOf(virtualHost),
  verifyChain: true,
});

/**
 * Connects, and has `talk` find the verdict. The connection is closed when this settles.
 * An error of the socket is the verdict that it means (verdictOf). Rejects with a local fault, with
 * the signal's reason, or with what `talk` throws beside.
 */
export const dialogue = (
  target: Endpoint,
  { signal, tls }: DialogueOptions,
  talk: (session: Session) => Promise<Verdict>,
): Promise<Verdict> =>
  converse(
    async () => {
      const own = tls === undefined ? engine() : undefined;
      if (own === undefined) return nodeChannel(await openTcp(target, signal), tls);
      const socket = await EngineSocket.connect(own, target, signal);
      heard(signal);
      return engineChannel(socket);
    },
    signal,
    talk,
  );

/** As `dialogue`, over a connection that `open` comes by. */
export const dialogueOver = (
  open: () => Promise<Socket>,
  { signal, tls }: DialogueOptions,
  talk: (session: Session) => Promise<Verdict>,
): Promise<Verdict> => converse(async () => nodeChannel(await open(), tls), signal, talk);

async function converse(
  open: () => Promise<(ears: Ears) => Channel>,
  signal: RunSignal,
  talk: (session: Session) => Promise<Verdict>,
): Promise<Verdict> {
  try {
    const line = hold(await open(), signal);
    try {
      return await talk(line.session);
    } finally {
      line.close();
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return verdictOf(error);
  }
}

interface Held {
  readonly session: Session;
  close(): void;
}

/** @param begin of a connection that from now on is only spoken to through the session */
function hold(begin: (ears: Ears) => Channel, signal: RunSignal): Held {
  const received = createReceived();
  let total = 0;
  let lines = 0;
  /** No more will come: `cause` is why, undefined for an orderly end. */
  let ended: { readonly cause: Error | undefined } | undefined;
  let wake = (): void => {};

  const end = (cause: Error | undefined): void => {
    ended ??= { cause };
    wake();
  };
  const channel = begin({
    onHeard: () => heard(signal),
    onBytes: (bytes) => {
      heard(signal);
      noteReceived(signal, bytes);
      received.push(bytes);
      total += countedBytes(bytes);
      wake();
      return received.size <= maxLineBytes;
    },
    onEnd: end,
  });
  const onAbort = (): void => {
    end(signal.reason);
    channel.close();
  };
  signal.addEventListener("abort", onAbort);

  /** Until more was said than is there now, or the end. False at the end. */
  const more = async (): Promise<boolean> => {
    signal.throwIfAborted();
    if (total > maxTotalBytes) throw neverStops();
    if (ended === undefined) {
      const turn = new Promise<void>((resolve) => {
        wake = resolve;
      });
      channel.resume();
      await turn;
      signal.throwIfAborted();
      if (received.size > 0) return true;
    }
    if (ended?.cause !== undefined) throw ended.cause;
    return ended === undefined;
  };

  const nextLine = async (): Promise<string> => {
    for (;;) {
      const line = received.takeLine();
      if ((line?.length ?? received.size) > maxLineBytes)
        throw new DownNow("protocol", `a line of more than ${maxLineBytes} bytes`);
      if (line !== undefined) {
        if (++lines > maxLines) throw neverStops();
        return line.slice(0, keptLineBytes);
      }
      if (!(await more())) throw closedEarly();
    }
  };

  const session: Session = {
    get local() {
      return channel.local();
    },
    line: nextLine,
    async bytes(max) {
      while (received.size === 0) {
        if (!(await more())) return "";
      }
      return received.take(max);
    },
    send: (text) => {
      noteSent(signal, text);
      channel.send(text);
    },
    end: () => channel.end(),
  };
  return {
    session,
    close: () => {
      signal.removeEventListener("abort", onAbort);
      channel.close();
    },
  };
}

const closedEarly = (): Error =>
  Object.assign(new Error("connection closed"), { code: "ERR_STREAM_PREMATURE_CLOSE" });
