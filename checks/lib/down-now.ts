import { type DownReason, down, type Verdict } from "../check.ts";

/** Thrown from anywhere within a dialogue, it is the dialogue's verdict. */
export class DownNow extends Error {
  override readonly name = "DownNow";
  readonly verdict: Verdict;

  constructor(reason: DownReason, detail: string);
  constructor(verdict: Verdict);
  constructor(said: DownReason | Verdict, detail = "") {
    const verdict = typeof said === "string" ? down(said, detail) : said;
    super(verdict.detail);
    this.verdict = verdict;
  }
}

/** More than a probe reads. */
export const neverStops = (): DownNow => new DownNow("protocol", "the server never stops talking");
