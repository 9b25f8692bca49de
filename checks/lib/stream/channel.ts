/** The two kinds of connection that a dialogue is held over: a socket of Node's, plain or TLS, and one of the engine. */
import type { Socket } from "node:net";
import type { Endpoint } from "../../../src/model/address.ts";
import { EPOLLIN, EPOLLOUT } from "../../../src/native/epoll.ts";
import { errnoOf, LibcError } from "../../../src/native/errno.ts";
import type { EngineSocket } from "../engine/engine-socket.ts";
import { startTls, type TlsOptions } from "./tls.ts";

/** Who hears what comes over a connection. */
export interface Ears {
  /** The server has said something that is no data. */
  onHeard(): void;
  /** @param bytes for this call only @returns false for no more, until `resume` */
  onBytes(bytes: Buffer): boolean;
  /** No more will come. It may be told again, and then means nothing. @param cause undefined for an orderly end */
  onEnd(cause: Error | undefined): void;
}

export interface Channel {
  /** Our own end of the connection. */
  local(): Endpoint;
  /** Queues it; waits for nothing. */
  send(text: string | Buffer): void;
  /** Closes our direction, behind what was sent. */
  end(): void;
  /** Lets more come. */
  resume(): void;
  close(): void;
}

/** @param tcp connected; it goes with the channel */
export const nodeChannel =
  (tcp: Socket, tls: TlsOptions | undefined) =>
  (ears: Ears): Channel => {
    tcp.on("error", () => {});
    const socket = tls === undefined ? tcp : startTls(tcp, tls);
    // Of a socket that is still in its TLS handshake.
    socket.on("secureConnect", () => ears.onHeard());
    socket.on("data", (bytes: Buffer) => {
      if (!ears.onBytes(bytes)) socket.pause();
    });
    // Destroyed already: it ended in the TLS handshake, and an error that says so follows.
    socket.on("end", () => {
      if (!socket.destroyed) ears.onEnd(undefined);
    });
    // Stays after the end: a destroyed socket may still report, and an error nobody hears ends the process.
    socket.on("error", (error) => ears.onEnd(error));
    socket.on("close", () => ears.onEnd(undefined));
    return {
      local: () => ({ address: socket.localAddress ?? "", port: socket.localPort ?? 0 }),
      send: (text) => socket.write(text),
      end: () => socket.end(),
      resume: () => socket.resume(),
      close: () => {
        socket.destroy();
        tcp.destroy();
      },
    };
  };

const again = errnoOf("EAGAIN");
/** Read at once, and in one turn. One for all: nothing stays in it. */
const piece = Buffer.alloc(16 * 1024);

/** It reads a piece each time it is resumed; what the server says beyond that is left with it. */
export const engineChannel =
  (socket: EngineSocket) =>
  (ears: Ears): Channel => {
    let isReading = true;
    let isEnding = false;
    let unsent: Buffer = Buffer.alloc(0);
    /** Why nothing can be sent any more. What the server said before it hung up is still read. */
    let lost: Error | undefined;

    const listen = (): void => {
      const events = (isReading ? EPOLLIN : 0) | (unsent.length > 0 ? EPOLLOUT : 0);
      if (events !== 0) socket.listenOnce(events, onReady);
    };
    const onReady = (): void => {
      if (unsent.length > 0) write();
      if (isReading) read();
      listen();
    };
    const read = (): void => {
      const length = socket.receive(piece);
      if (length === -again) return;
      isReading = false;
      if (length > 0) {
        ears.onBytes(piece.subarray(0, length));
        return;
      }
      // As Node's sockets do: an FTP server waits for our end of the file's connection before it says more.
      if (length === 0) end();
      ears.onEnd(lost ?? (length < 0 ? new LibcError("read", -length) : undefined));
    };
    const end = (): void => {
      isEnding = true;
      if (unsent.length === 0) socket.end();
    };
    const write = (): void => {
      const sent = socket.send(unsent);
      if (sent < 0 && sent !== -again) {
        lost = new LibcError("write", -sent);
        unsent = Buffer.alloc(0);
      } else if (sent > 0) unsent = unsent.subarray(sent);
      if (isEnding && unsent.length === 0) socket.end();
    };

    listen();
    return {
      local: () => socket.local(),
      send: (text) => {
        if (lost !== undefined) return;
        const bytes = typeof text === "string" ? Buffer.from(text) : text;
        const isWaiting = unsent.length > 0;
        unsent = isWaiting ? Buffer.concat([unsent, bytes]) : bytes;
        if (isWaiting) return;
        write();
        if (unsent.length > 0) listen();
      },
      end,
      resume: () => {
        if (isReading) return;
        isReading = true;
        listen();
      },
      close: () => socket.close(),
    };
  };
