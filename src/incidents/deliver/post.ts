import { readFile } from "node:fs/promises";
import { Rejected } from "./failure.ts";

export interface Post {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** In place of the system's authorities. */
  readonly caFile?: string;
}

/** An answer is thrown away, after so many bytes unread. */
const maxAnswerBytes = 64 * 1024;
/** It says that this body will never do; of others it may change its mind, or somebody mend it. */
const final: readonly number[] = [400, 410, 413, 414, 415, 422];

/**
 * Posts once, to that address alone: a redirect is a failure. Says nothing of the URL, which may be as good as a password.
 * @throws Error when it was not taken, Rejected when it never will be
 */
export async function post(
  { url, body, headers, timeoutMs, caFile }: Post,
  signal: AbortSignal,
): Promise<void> {
  // Only who has a webhook pays for it.
  const { Agent, request } = await import("undici");
  const ca = caFile === undefined ? undefined : await readFile(caFile, "utf8");
  const dispatcher = new Agent({
    connections: 1,
    pipelining: 0,
    connect: { timeout: timeoutMs, ...(ca !== undefined && { ca }) },
  });
  const ending = new AbortController();
  const end = () => ending.abort(new Error("ldirectord has ended"));
  const timer = setTimeout(() => {
    ending.abort(new Error(`no answer within ${timeoutMs / 1000} s`));
  }, timeoutMs);
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  try {
    const answer = await request(url, {
      method: "POST",
      ...{ body, headers, dispatcher, signal: ending.signal },
    });
    const { statusCode } = answer;
    // What more it says decides nothing.
    answer.body.on("error", () => {});
    void answer.body.dump({ limit: maxAnswerBytes }).catch(() => {});
    if (statusCode >= 200 && statusCode < 300) return;
    const where = statusCode >= 300 && statusCode < 400 ? " (a redirect is not followed)" : "";
    const cause = `its answer is ${statusCode}${where}`;
    throw final.includes(statusCode) ? new Rejected(cause) : new Error(cause);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    dispatcher.destroy().catch(() => {});
  }
}
