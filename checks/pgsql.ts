import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Endpoint } from "../src/model/address.ts";
import { ok } from "../src/model/result.ts";
import { type Check, down, type Verdict } from "./check.ts";
import { framesOf } from "./lib/database/frames.ts";
import { type Guard, type Inspect, underGuard } from "./lib/database/guard.ts";
import { library } from "./lib/database/library.ts";
import { rowsVerdict, type SqlQuestion, serverLimitMs, sqlQuestion } from "./lib/database/sql.ts";
import { oneLine } from "./lib/detail.ts";
import { masked } from "./lib/mask.ts";
import type { RunSignal } from "./lib/run-signal.ts";
import { DownNow, maxLineBytes } from "./lib/stream/dialogue.ts";
import { openTcp } from "./lib/stream/tcp.ts";
import { serverNameOf } from "./lib/stream/tls.ts";

const pg = library("pg", () => import("pg"));

/**
 * PostgreSQL: up when the login is taken and `request`, one statement, has at least one row.
 * TLS as libpq's default `prefer` has it: when the server can, and then without verification; in plain
 * when it can't, or refuses the login over TLS as none that it lets in.
 */
const pgsql: Check = {
  services: [{ name: "pgsql", port: 5432, tlsOnDemand: true }],
  needsPort: true,
  prepare(settings) {
    const question = sqlQuestion(settings);
    if ("staysDown" in question) return ok(question);
    const serverName = serverNameOf(settings.virtualHost ?? "");
    const { demandsTls = false } = settings;
    return ok(
      masked(settings, {
        timeoutMs: settings.negotiateTimeoutMs,
        probeKey: JSON.stringify([question.probeKey, serverName, demandsTls]),
        probe: async (target, signal) => {
          let isOverTls = false;
          const attempt = ({ isTls, isLimited }: Manner): Promise<Verdict> =>
            underGuard(signal, async (guard) => {
              const library = await guard.until(pg());
              const socket = await open(
                guard,
                target,
                signal,
                isTls ? { serverName, isDemanded: demandsTls } : undefined,
              );
              isOverTls = socket instanceof TLSSocket;
              const limitMs = isLimited ? settings.negotiateTimeoutMs : undefined;
              return ask(guard, socket, library, target, question, limitMs);
            });
          let manner: Manner | undefined = { isTls: true, isLimited: true };
          for (;;) {
            const verdict = await attempt(manner);
            manner = nextManner(manner, verdict, isOverTls);
            if (manner === undefined || (demandsTls && !manner.isTls)) return verdict;
          }
        },
      }),
    );
  },
};
export default pgsql;

/** What a message of the server starts with: its kind, and its length without that. */
const messages = {
  maxHeaderBytes: 5,
  lengthOf(header: Buffer): number | undefined {
    const kind = header[0] ?? 0;
    if (!/[A-Za-z1-3]/.test(String.fromCharCode(kind))) {
      throw new DownNow("protocol", "the answer is none of PostgreSQL");
    }
    if (header.length < 5) return undefined;
    const length = header.readUInt32BE(1);
    if (length < 4) throw new DownNow("protocol", "a message shorter than its own length");
    // Only a row may be long.
    if (length > maxLineBytes && kind !== 0x44) {
      throw new DownNow("protocol", `a message of ${length} bytes that is no row`);
    }
    return length + 1;
  },
  /** ErrorResponse and NoticeResponse: texts that each end with a zero, then a zero. The library reads on until it finds that. */
  checkEnd(kind: number, lastTwo: number): void {
    if ((kind === 0x45 || kind === 0x4e) && lastTwo !== 0) {
      throw new DownNow("protocol", "an error message without its end");
    }
  },
};

/** SSLRequest: a length, and 1234.5679 where a version would stand. */
const mayWeUseTls = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

interface TlsWish {
  /** SNI, "" for none. */
  readonly serverName: string;
  /** With a verified chain, or no session at all. */
  readonly isDemanded: boolean;
}

/** @param tls undefined: not TLS */
async function open(
  guard: Guard,
  target: Endpoint,
  signal: RunSignal,
  tls: TlsWish | undefined,
): Promise<Socket> {
  const frames = framesOf(messages);
  let inspect: Inspect = () => {};
  const tcp = guard.watch(await openTcp(target, signal), (chunk) => inspect(chunk));
  if (tls !== undefined) {
    const answer = new Promise<Buffer>((resolve) => tcp.once("data", resolve));
    tcp.write(mayWeUseTls);
    const word = (await guard.until(answer)).toString("latin1");
    tcp.pause();
    // One byte exactly: what came with it was not said over TLS.
    if (word === "S") return guard.startTls(tcp, tls.serverName, tls.isDemanded, frames);
    if (word.startsWith("E")) throw new DownNow("status", oneLine(`no session: ${word.slice(1)}`));
    if (word !== "N") throw new DownNow("protocol", "the answer is none of PostgreSQL");
    if (tls.isDemanded)
      throw new DownNow("tls", "the server speaks no TLS, and demand-tls names pgsql");
  }
  inspect = frames;
  return tcp;
}

/** Terminate. */
const goodbye = Buffer.from([0x58, 0, 0, 0, 4]);

async function ask(
  guard: Guard,
  socket: Socket,
  { Client, Query }: typeof import("pg"),
  target: Endpoint,
  { login, password, told, database, query }: SqlQuestion,
  limitMs: number | undefined,
): Promise<Verdict> {
  const client = new Client({
    stream: () => alreadyConnected(socket),
    ssl: false,
    host: target.address,
    port: target.port,
    user: login,
    // A function: else an empty one is looked for in ~/.pgpass.
    password,
    database: database ?? login,
    application_name: "ldirectord-ng",
    // The server goes on with a query whose asker is gone: hung ones would pile up, check by check.
    ...(limitMs === undefined ? {} : { statement_timeout: serverLimitMs(limitMs) }),
  });
  let rows = 0;
  const asked = new Promise<void>((resolve, reject) => {
    client.on("error", reject);
    client.connect((error: Error | undefined) => {
      if (error) return reject(error);
      const counting = new Query({ text: query, types: asText });
      counting.on("row", () => {
        rows++;
      });
      counting.on("error", reject);
      counting.on("end", ({ rowCount }) => {
        // A statement that is no SELECT tells how many rows it changed.
        rows = Math.max(rows, rowCount ?? 0);
        resolve();
      });
      client.query(counting);
    });
  });
  try {
    return await rowsVerdict(
      guard.ask(asked, (error) => refusalOf(error, told)),
      () => rows,
    );
  } finally {
    await guard.leave(socket, goodbye);
  }
}

/** Rows are only counted. */
const asText = { getTypeParser: () => (value: unknown) => value };

/** The library connects for itself, and goes on when it hears that this is done. */
function alreadyConnected(socket: Socket): Socket {
  socket.connect = () => {
    process.nextTick(() => {
      socket.emit("connect");
      // It was paused while the answer about TLS was read.
      socket.resume();
    });
    return socket;
  };
  return socket;
}

/** Severity FATAL or ERROR, a SQLSTATE, and words. */
interface ServerError extends Error {
  readonly code: string;
  readonly severity: string;
}
const isServerError = (error: unknown): error is ServerError =>
  error instanceof Error &&
  "severity" in error &&
  "code" in error &&
  typeof error.severity === "string" &&
  typeof error.code === "string";

/** Nothing lets this user in from here: pg_hba.conf has no line for it, or no such user. */
const notLetIn = "28000";
const wrongPassword = "28P01";

function refusalOf(error: unknown, told: SqlQuestion["told"]): Verdict | undefined {
  if (!isServerError(error)) {
    // SCRAM that went wrong: no password in the file, or a server that does not know it either.
    const isScram = error instanceof Error && error.message.startsWith("SASL:");
    return isScram ? down("auth", told(error.message)) : undefined;
  }
  const isAuth = error.code === notLetIn || error.code === wrongPassword;
  return down(isAuth ? "auth" : "status", oneLine(`${told(error.message)} (${error.code})`));
}

interface Manner {
  readonly isTls: boolean;
  /** The server is told our time limit. PgBouncer refuses to be told anything it does not know. */
  readonly isLimited: boolean;
}

/** How to ask again after `verdict`, or undefined when that is the last word. */
function nextManner(manner: Manner, verdict: Verdict, isOverTls: boolean): Manner | undefined {
  if (verdict.up) return undefined;
  const { reason, detail } = verdict;
  if (manner.isLimited && reason === "status" && detail.includes("unsupported startup parameter")) {
    return { ...manner, isLimited: false };
  }
  const isRefused = isOverTls && reason === "auth" && detail.endsWith(`(${notLetIn})`);
  return manner.isTls && (reason === "tls" || isRefused) ? { ...manner, isTls: false } : undefined;
}
