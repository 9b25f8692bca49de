import { createHash } from "node:crypto";
import { type Endpoint, formatEndpoint } from "../model/address.ts";
import { inOnePiece } from "../model/one-piece.ts";

/**
 * Names probes: equal strings, one shared probe. What is asked is digested, because it may hold a password; once for
 * all the servers that are asked it.
 */
export class ProbeIds {
  readonly #digests = new Map<string, string>();

  /** @param asked all that tells what is asked from anything else, in one order */
  of(target: Endpoint, asked: readonly (string | number | undefined)[]): string {
    // Each with its length: no two lists make one text.
    let text = "";
    for (const part of asked) {
      const said = part === undefined ? "-" : String(part);
      text += `${said.length}${typeof part === "string" ? "=" : "#"}${said}`;
    }
    let digest = this.#digests.get(text);
    if (digest === undefined) {
      digest = createHash("sha256").update(text).digest("base64url").slice(0, 22);
      this.#digests.set(text, digest);
    }
    return inOnePiece(formatEndpoint(target), "/", digest);
  }
}
