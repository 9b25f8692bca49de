import { maxTotalBytes } from "../limits.ts";

/** What a handshake may take: OpenSSL refuses a chain of more than 100 KiB. */
export const handshakeBytes = 128 * 1024;
/**
 * What may come afterwards that is no data: tickets, changes of keys, each dearer than it weighs. A record of
 * 16 KiB is no data before its end is there.
 */
export const betweenBytes = 32 * 1024;
/** What a piece counts at least, and what comes around the data of one record. */
export const pieceBytes = 256;
/** What a record counts at least of all that a server may say. */
export const recordBytes = 4096;

/** How much a server may still say in TLS. Over Node's sockets `startTls` counts the same. */
export class TlsMeasure {
  #left = handshakeBytes;
  #dataBytes = 0;

  /** A piece of the connection. @returns false for too much */
  takes(bytes: number): boolean {
    this.#left -= Math.max(bytes, pieceBytes);
    return this.#left >= 0;
  }

  /** Hands are shaken. */
  secured(): void {
    this.#left = betweenBytes;
  }

  /** What one record had in it. @returns false for too much */
  takesData(bytes: number): boolean {
    const credited = Math.min(this.#left + bytes + pieceBytes, betweenBytes);
    this.#left = Math.max(this.#left, credited);
    this.#dataBytes += Math.max(bytes, recordBytes);
    return this.#dataBytes <= maxTotalBytes;
  }
}
