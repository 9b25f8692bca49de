import type { Logger } from "../log/logger.ts";
import type { Mail } from "./compose.ts";

export interface MailQueue {
  /** Never waits. */
  add(mail: Mail): void;
  /** Those that are not out yet, the one under way apart. */
  waiting(): number;
  /** What waits may still go out for so long; the rest is counted in the log. Takes nothing more. */
  stop(patienceMs: number): Promise<void>;
}

export interface MailQueueOptions {
  readonly log: Logger;
  /** Sends one, and logs what it fails with. Never rejects. Nobody waits for it any more once `signal` aborts. */
  readonly send: (mail: Mail, signal: AbortSignal) => Promise<void>;
  /** More than so many never wait: the oldest give way. */
  readonly limit?: number;
}

/** Sends mails one after the other, in their order, while everything else goes on. */
export function createMailQueue({ log, send, limit = 1000 }: MailQueueOptions): MailQueue {
  const waiting: Mail[] = [];
  const ending = new AbortController();
  const end = new Promise<void>((resolve) =>
    ending.signal.addEventListener("abort", () => resolve()),
  );
  let dropped = 0;
  let work: Promise<void> | undefined;
  let isStopped = false;

  const tellDropped = (count: number, cause: string) => {
    if (count > 0) log.event("email-dropped", { dropped: count, cause });
  };
  const run = async () => {
    while (!ending.signal.aborted) {
      const mail = waiting.shift();
      if (mail === undefined) break;
      await Promise.race([send(mail, ending.signal), end]);
    }
    work = undefined;
    tellDropped(dropped, "too many were waiting");
    dropped = 0;
  };

  return {
    add(mail) {
      if (isStopped) return;
      waiting.push(mail);
      if (waiting.length > limit) {
        waiting.shift();
        if (dropped++ === 0) log.event("email-queue-full", { limit });
      }
      work ??= run();
    },
    waiting: () => waiting.length,
    async stop(patienceMs) {
      isStopped = true;
      const timer = setTimeout(() => ending.abort(), patienceMs);
      await work;
      clearTimeout(timer);
      tellDropped(waiting.length, "ldirectord has ended");
      waiting.length = 0;
    },
  };
}
