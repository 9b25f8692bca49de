/**
 * The words of one run of a probe, as far as they help to see why it failed: how it began, both ways. The signal
 * stands for the run and goes wherever its sockets go, so it carries this, too.
 */

import { oneLine } from "../../src/model/one-line.ts";
import type { RunSignal } from "./run-signal.ts";

const book = Symbol("words");

type Spoken = RunSignal & { [book]?: Words };

/** As much of each side as is kept, in characters. */
const keptChars = 400;

/** What was said in one run. */
export class Words {
  #sent = "";
  #received = "";
  #veil = unveiled;

  /** From now on `signal` stands for this run. */
  static of(signal: RunSignal): Words {
    const words = new Words();
    (signal as Spoken)[book] = words;
    return words;
  }

  static find = (signal: RunSignal): Words | undefined => (signal as Spoken)[book];

  /** @param hide takes what is secret out of a text: of more than is kept, so that no half of it stays */
  veil(hide: (text: string) => string): void {
    this.#veil = hide;
  }

  /** A whole page may come after what is kept: that costs nothing. */
  isFull(side: "sent" | "received"): boolean {
    return (side === "sent" ? this.#sent : this.#received).length >= heldChars;
  }

  add(side: "sent" | "received", text: string): void {
    if (side === "sent") this.#sent = begun(this.#sent, text);
    else this.#received = begun(this.#received, text);
  }

  /** `> QUIT`, `< 221 bye`: a line each, where anything was said. Without secrets. */
  lines(): readonly string[] {
    const sides = [[">", this.#sent] as const, ["<", this.#received] as const];
    return sides.flatMap(([mark, said]) => {
      if (said === "") return [];
      const whole = said.length >= heldChars ? `${said}…` : said;
      const text = oneLine(visible(this.#veil(whole)), keptChars);
      return [`${mark} ${text}`];
    });
  }
}

const unveiled = (text: string): string => text;

/** A secret that began before the end of what is kept is whole in this. */
const heldChars = 4 * keptChars;

const begun = (before: string, text: string): string =>
  before + text.slice(0, heldChars - before.length);

/** Line ends as marks, other bytes that are no letters as dots. */
const visible = (text: string): string =>
  text
    .replace(/\r?\n/g, "⏎ ")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replace(/[\x00-\x1f\x7f-\x9f]/g, "·");

/** We have sent this to the real server. A Buffer's bytes are shown as latin1. */
export function noteSent(signal: RunSignal, text: string | Uint8Array): void {
  note(signal, "sent", text);
}

/** The real server has said this. */
export function noteReceived(signal: RunSignal, text: string | Uint8Array): void {
  note(signal, "received", text);
}

function note(signal: RunSignal, side: "sent" | "received", text: string | Uint8Array): void {
  const words = Words.find(signal);
  if (words === undefined || words.isFull(side)) return;
  words.add(side, typeof text === "string" ? text : latin1(text));
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, heldChars)).toString("latin1");
