import { connect } from "node:net";
import type SMTPConnection from "nodemailer/lib/smtp-connection";
import { oneLine } from "../model/one-line.ts";
import type { Secret } from "../model/secret.ts";
import type { Mail } from "./compose.ts";

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** yes: from the first byte; starttls: not without it. Default: no. */
  readonly tls?: "yes" | "starttls" | "no";
  /** In place of the system's authorities. */
  readonly ca?: string;
  readonly login?: { readonly user: string; readonly password: Secret };
  /** Default: what the original says in EHLO. */
  readonly ehloName?: string;
}

/** A recipient that the server does not want, and its words for it. */
export interface Refusal {
  readonly recipient: string;
  readonly cause: string;
}

/** How long one mail may take, from the look-up of the server's name on. */
const deadlineMs = 30_000;
const originalEhloName = "localhost.localdomain";

/**
 * Hands one mail to a server; when nothing else is said as the original does: without TLS and without a login. Rejects
 * when nobody got it, and at once when `signal` aborts.
 * @returns who does not get it although others do
 */
export async function sendBySmtp(
  server: SmtpServer,
  mail: Mail,
  signal: AbortSignal,
  timeoutMs = deadlineMs,
): Promise<readonly Refusal[]> {
  // Most directors send none.
  const { default: Connection } = await import("nodemailer/lib/smtp-connection");
  return hand(Connection, server, mail, signal, timeoutMs);
}

function hand(
  Connection: typeof SMTPConnection,
  { host, port, tls = "no", ca, login, ehloName = originalEhloName }: SmtpServer,
  { envelope, message }: Mail,
  signal: AbortSignal,
  timeoutMs: number,
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

    const handOver = (connection: SMTPConnection) => {
      const { from, to } = envelope;
      connection.send({ from, to: [...to] }, message, (failure, info) => {
        if (failure) return fail(inOneLine(failure));
        finish(() => resolve((info.rejectedErrors ?? []).map(refusalOf)));
        connection.quit();
        setTimeout(() => connection.close(), goodbyeMs).unref();
      });
    };

    // It stays: an error that nobody hears ends the process.
    socket.on("error", fail);
    socket.once("connect", () => {
      const connection = new Connection({
        connection: socket,
        ...{ host, name: ehloName, secure: tls === "yes" },
        ...(tls === "starttls" ? { requireTLS: true } : { ignoreTLS: true }),
        ...(ca !== undefined && { tls: { ca } }),
        greetingTimeout: timeoutMs,
        socketTimeout: timeoutMs,
      });
      connection.on("error", (error) => fail(inOneLine(error)));
      connection.connect((error) => {
        if (error) return fail(inOneLine(error));
        if (login === undefined) return handOver(connection);
        const { user, password } = login;
        // What a server says to a login may hold the password.
        connection.login({ user, pass: password.reveal() }, (refusal) => {
          if (refusal) fail(new Error(`${host}: the login is refused${codeIn(refusal)}`));
          else handOver(connection);
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

const codeIn = (error: Error): string =>
  "responseCode" in error && error.responseCode !== undefined ? ` (${error.responseCode})` : "";

/** Whether the server has said for good that it does not take this mail. */
export const isRefusedForGood = (error: unknown): boolean => {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "responseCode" in cause ? Number(cause.responseCode) : 0;
  return code >= 550 && code < 560;
};
