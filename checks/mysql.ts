import type { Socket } from "node:net";
import type { Connection } from "mysql2";
import { ok } from "../src/model/result.ts";
import { type Check, down, type Verdict } from "./check.ts";
import { framesOf } from "./lib/database/frames.ts";
import { type Guard, underGuard } from "./lib/database/guard.ts";
import { library } from "./lib/database/library.ts";
import { rowsVerdict, type SqlQuestion, serverLimitMs, sqlQuestion } from "./lib/database/sql.ts";
import { oneLine } from "./lib/detail.ts";
import { masked } from "./lib/mask.ts";
import { openTcp } from "./lib/stream/tcp.ts";

const mysql2 = library("mysql2", () => import("mysql2"));

/** MySQL and MariaDB: up when the login is taken and `request`, one statement, has at least one row. */
const mysql: Check = {
  services: [{ name: "mysql", port: 3306, tlsOnDemand: true }],
  needsPort: true,
  prepare(settings) {
    const question = sqlQuestion(settings);
    if ("staysDown" in question) return ok(question);
    return ok(
      masked(settings, {
        timeoutMs: settings.negotiateTimeoutMs,
        probeKey: JSON.stringify([question.probeKey, settings.demandsTls ?? false]),
        probe: (target, signal) =>
          underGuard(signal, async (guard) => {
            const { createConnection, authPlugins } = await guard.until(mysql2());
            const socket = guard.watch(await openTcp(target, signal), framesOf(packets));
            const { negotiateTimeoutMs, demandsTls = false } = settings;
            const plugins = demandsTls ? keepingThePassword(authPlugins) : undefined;
            return ask(guard, socket, createConnection, question, negotiateTimeoutMs, plugins);
          }),
      }),
    );
  },
};
export default mysql;

/** Three bytes of length, little-endian, its four bytes of header not counted, and a sequence number. */
const packets = {
  // A column that is described costs half a KiB; no table has more than 1017 (InnoDB).
  maxFrames: 1536,
  maxHeaderBytes: 4,
  lengthOf: (header: Buffer): number | undefined =>
    header.length < 4 ? undefined : header.readUIntLE(0, 3) + 4,
};

type AuthPlugins = NonNullable<import("mysql2").ConnectionOptions["authPlugins"]>;

/** The two by which a server may have the password itself, encrypted to a key that anybody may have sent. */
function keepingThePassword(of: typeof import("mysql2").authPlugins): AuthPlugins {
  const onServerPublicKey = (): never => {
    throw new Error(
      "the server wants the password itself, without TLS, and demand-tls names mysql",
    );
  };
  return {
    caching_sha2_password: of.caching_sha2_password({ onServerPublicKey }),
    sha256_password: of.sha256_password({ onServerPublicKey }),
  };
}

/** COM_QUIT. Without it the server counts an aborted client, and may log it. */
const quit = Buffer.from([1, 0, 0, 0, 1]);

async function ask(
  guard: Guard,
  socket: Socket,
  createConnection: typeof import("mysql2").createConnection,
  { login, password, told, database, query }: SqlQuestion,
  limitMs: number,
  plugins: AuthPlugins | undefined,
): Promise<Verdict> {
  const connection = createConnection({
    stream: socket,
    user: login,
    password: password(),
    ...(database === undefined ? {} : { database }),
    // Ours is the deadline.
    connectTimeout: 0,
    // Rows are only counted: they stay bytes, and no code is made from a server's column names.
    rowsAsArray: true,
    typeCast: (_field, _next) => null,
    disableEval: true,
    flags: ["-LOCAL_FILES"],
    ...(plugins === undefined ? {} : { authPlugins: plugins }),
  });
  let rows = 0;
  const asked = new Promise<void>((resolve, reject) => {
    connection.on("error", reject);
    failOnOutOfOrder(connection);
    connection.query(limit(limitMs)).on("error", () => {});
    const counting = connection.query(query);
    counting.on("error", reject);
    counting.on("result", (row: unknown) => {
      rows += Array.isArray(row) ? 1 : affectedRows(row);
    });
    counting.on("end", resolve);
  });
  try {
    return await rowsVerdict(
      guard.ask(asked, (error) => refusalOf(error, told)),
      () => rows,
    );
  } finally {
    await guard.leave(socket, quit);
  }
}

/**
 * The server goes on with a statement whose asker is gone: those that hang on a lock would pile up, check
 * by check, until no connection is left. So it is told a time limit, in seconds or milliseconds, by the
 * names that MariaDB (10.1.1 on) and MySQL (5.7.8 on) have for it; each skips the other's comment.
 */
function limit(ourLimitMs: number): string {
  const limitMs = serverLimitMs(ourLimitMs);
  const seconds = Math.ceil(limitMs / 1000);
  return `SET lock_wait_timeout=${seconds} /*M!100101 ,max_statement_time=${seconds} */ /*!50708 ,max_execution_time=${limitMs} */`;
}

/** The library warns of a wrong sequence number, then prints it. What throws here ends the reading. */
function failOnOutOfOrder(connection: Connection): void {
  connection.on("warn", (error: Error) => {
    throw error;
  });
}

/** A statement that is no SELECT tells how many rows it changed. */
const affectedRows = (header: unknown): number =>
  typeof header === "object" &&
  header !== null &&
  "affectedRows" in header &&
  typeof header.affectedRows === "number"
    ? header.affectedRows
    : 0;

/** The server's error numbers that mean: not with this login. */
const loginRefused: ReadonlySet<number> = new Set([
  1045, // ER_ACCESS_DENIED_ERROR
  1129, // ER_HOST_IS_BLOCKED
  1130, // ER_HOST_NOT_PRIVILEGED
  1251, // ER_NOT_SUPPORTED_AUTH_MODE
  1524, // ER_PLUGIN_IS_NOT_LOADED
  1698, // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
  1820, // ER_MUST_CHANGE_PASSWORD
  1862, // ER_MUST_CHANGE_PASSWORD_LOGIN
  3118, // ER_ACCOUNT_HAS_BEEN_LOCKED, MySQL
  4151, // ER_ACCOUNT_HAS_BEEN_LOCKED, MariaDB
]);
/** The library's: the server wants a way to log in that it does not know, or that shows the password. */
const unknownLogin = /^(AUTH_SWITCH_PLUGIN_ERROR|MYSQL_CLEAR_PASSWORD_NOT_ENABLED)$/;

function refusalOf(error: unknown, told: SqlQuestion["told"]): Verdict | undefined {
  if (!(error instanceof Error)) return undefined;
  const { errno, code } = error as { readonly errno?: unknown; readonly code?: unknown };
  if (typeof code === "string" && unknownLogin.test(code)) return down("auth", told(error.message));
  // A system error's errno is negative.
  if (typeof errno !== "number" || errno < 1000) return undefined;
  return down(
    loginRefused.has(errno) ? "auth" : "status",
    oneLine(`${told(error.message)} (${errno})`),
  );
}
