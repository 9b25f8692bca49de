import { connect } from "node:net";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { oneLine } from "../model/one-line.ts";
import type { Mail } from "./alert-mail.ts";

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
}

/** A recipient that the server does not want, and its words for it. */
export interface Refusal {
  readonly recipient: string;
  readonly cause: string;
}

/** How long one mail may take, from the look-up of the server's name on. */
const deadlineMs = 30_000;
/** What the original says in EHLO. */
const ehloName = "localhost.localdomain";

/**
 * Hands one mail to a server, as the original does: without TLS and without a login. Rejects when nobody
 * got it, and at once when `signal` aborts.
 * @returns who does not get it although others do
 */
export function sendBySmtp(
  { host, port }: SmtpServer,
  { envelope, message }: Mail,
  signal: AbortSignal,
  timeoutMs = deadlineMs,
): Promise<readonly Refusal[]> {
  return new Promise((resolve, reject) => {
    // Not nodemailer's own look-up: that one asks DNS before it looks into /etc/hosts.
    const socket = connect({ host, port });
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    const fail = (error: Error) =>
      finish(() => {
        reject(error);
        socket.destroy();
      });
    const onAbort = () => fail(new Error("ldirectord has ended"));
    const timer = setTimeout(
      () => fail(new Error(`${host}: no end within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();

    // It stays: an error that nobody hears ends the process.
    socket.on("error", fail);
    socket.once("connect", () => {
      const connection = new SMTPConnection({
        connection: socket,
        name: ehloName,
        ignoreTLS: true,
        greetingTimeout: timeoutMs,
        socketTimeout: timeoutMs,
      });
      connection.on("error", (error) => fail(inOneLine(error)));
      connection.connect((error) => {
        if (error) return fail(inOneLine(error));
        const { from, to } = envelope;
        connection.send({ from, to: [...to] }, message, (failure, info) => {
          if (failure) return fail(inOneLine(failure));
          finish(() => resolve((info.rejectedErrors ?? []).map(refusalOf)));
          connection.quit();
          setTimeout(() => connection.close(), goodbyeMs).unref();
        });
      });
    });
  });
}

/** For the answer to QUIT; nobody waits for it. */
const goodbyeMs = 2_000;

/** The library's message is all that the server said, were it a hundred lines. */
const inOneLine = (cause: Error): Error =>
  new Error(oneLine(cause.message, maxAnswerChars), { cause });
const maxAnswerChars = 400;

const refusalOf = (error: Error & { readonly recipient?: string | undefined }): Refusal => ({
  recipient: error.recipient ?? "somebody",
  cause: oneLine(error.message, maxAnswerChars),
});
