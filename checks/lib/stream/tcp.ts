import { connect, type Socket } from "node:net";
import type { Endpoint } from "../../../src/model/address.ts";
import { heard } from "../heard.ts";
import type { RunSignal } from "../run-signal.ts";

/**
 * A connected socket; from then on the caller's, to destroy in any case.
 * Rejects with the system's error, or with the signal's reason; then nothing is left open.
 */
export function openTcp(target: Endpoint, signal: RunSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host: target.address, port: target.port, autoSelectFamily: false });
    const stopListening = (): void => {
      signal.removeEventListener("abort", onAbort);
      socket.off("connect", onConnect);
      socket.off("error", onError);
    };
    const onAbort = (): void => {
      stopListening();
      socket.on("error", () => {});
      socket.destroy();
      reject(signal.reason);
    };
    const onError = (error: Error): void => {
      stopListening();
      reject(error);
    };
    const onConnect = (): void => {
      stopListening();
      if (isOwnOtherEnd(socket)) {
        socket.destroy();
        reject(refusedByNobody(target));
        return;
      }
      heard(signal);
      resolve(socket);
    };
    signal.addEventListener("abort", onAbort);
    socket.on("connect", onConnect);
    socket.on("error", onError);
  });
}

/**
 * On the director's own addresses a connection to a port in the range of temporary ports, where nobody
 * listens, may be given that very port as its own, and then meets itself (RFC 9293 §3.5, simultaneous open).
 */
const isOwnOtherEnd = (socket: Socket): boolean =>
  socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress;

const refusedByNobody = ({ address, port }: Endpoint): Error =>
  Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", address, port });
