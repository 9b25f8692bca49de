import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import { Socket } from "node:net";
import type { Driver } from "oracledb";
import { type Endpoint, formatEndpoint } from "../src/model/address.ts";
import { ok } from "../src/model/result.ts";
import { type Check, down, type Verdict } from "./check.ts";
import { type Guard, underGuard } from "./lib/database/guard.ts";
import { library } from "./lib/database/library.ts";
import { rowsVerdict, type SqlQuestion, sqlQuestion } from "./lib/database/sql.ts";
import { listenerAnswers } from "./lib/database/tns.ts";
import { isLocalFault, isShortage } from "./lib/fault.ts";
import { masked } from "./lib/mask.ts";

const oracledb = library("oracledb", async () => (await import("oracledb")).default);

/** An Oracle SID or service: it stands in a connect descriptor, where brackets and signs have a meaning. */
const sid = /^[\w.$#-]{1,128}$/;

/**
 * Oracle: up when the login is taken and `request`, one statement, has at least one row. `database` is
 * the SID. The driver speaks for itself ("thin"), with servers from 12.1 on.
 */
const oracle: Check = {
  services: [{ name: "oracle", port: 1521 }],
  needsPort: true,
  isOfMainThread: true,
  prepare(settings) {
    const question = sqlQuestion(settings);
    if ("staysDown" in question) return ok(question);
    const { database = "" } = question;
    if (!sid.test(database)) {
      return ok({
        staysDown: `database: an Oracle check needs the SID here, and "${database}" is none`,
      });
    }
    return ok(
      masked(settings, {
        timeoutMs: settings.negotiateTimeoutMs,
        probeKey: question.probeKey,
        probe: async (target, signal) => {
          const way: Way = { redirectedTo: undefined };
          try {
            return await underGuard(signal, async (guard) => {
              const driver = await guard.until(oracledb());
              watchSockets();
              return probes.run({ guard, way }, () => ask(guard, driver, target, question));
            });
          } catch (error) {
            return afterRedirect(error, way);
          }
        },
      }),
    );
  },
};
export default oracle;

interface Way {
  /** Where the listener has sent us. */
  redirectedTo: Endpoint | undefined;
}

const answersOn = (way: Way) =>
  listenerAnswers((to) => {
    way.redirectedTo = to;
  });

/**
 * Where a redirect leads is the listener's choice, and so is what comes of it: that there is no way there from
 * here is no trouble of ours. @throws `error` when it is all the same, or is about something else
 */
function afterRedirect(error: unknown, { redirectedTo }: Way): Verdict {
  const fault = isLocalFault(error);
  if (redirectedTo === undefined || fault === undefined || isShortage(fault)) throw error;
  return down("unreachable", `redirected to ${formatEndpoint(redirectedTo)}: ${fault}`);
}

/** Whose probe it is that runs, through all that the driver awaits. */
const probes = new AsyncLocalStorage<{ readonly guard: Guard; readonly way: Way }>();
let isWatching = false;

/**
 * The driver takes no socket of ours, and cannot be told to give up one that connects. Node announces each
 * new one, before it connects; those made in a probe go to its guard.
 */
function watchSockets(): void {
  if (isWatching) return;
  isWatching = true;
  subscribe("net.client.socket", (message) => {
    const probe = probes.getStore();
    if (probe === undefined) return;
    const { guard, way } = probe;
    if (typeof message === "object" && message !== null && "socket" in message) {
      const { socket } = message;
      if (socket instanceof Socket) guard.watch(socket, answersOn(way), false);
    }
  });
}

async function ask(
  guard: Guard,
  driver: Driver,
  target: Endpoint,
  { login, password, told, database, query }: SqlQuestion,
): Promise<Verdict> {
  const connecting = driver.getConnection({
    user: login,
    password: password(),
    connectString: `(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=${target.address})(PORT=${target.port}))(CONNECT_DATA=(SID=${database})))`,
  });
  const said = (error: unknown) => refusalOf(error, told);
  const connection = await guard.ask(connecting, said);
  let rows = 0;
  const asked = async (): Promise<void> => {
    const result = await connection.execute(query, [], { maxRows, autoCommit: true });
    rows = result.rows?.length ?? result.rowsAffected ?? 0;
  };
  try {
    return await rowsVerdict(guard.ask(asked(), said), () => rows);
  } finally {
    await guard.until(connection.close()).catch(() => {});
  }
}

/** As many as are fetched, and counted. */
const maxRows = 100;

/** ORA numbers that mean: not with this login. */
const loginRefused: ReadonlySet<string> = new Set([
  "ORA-01005", // no password given
  "ORA-01017", // invalid username or password
  "ORA-01045", // no CREATE SESSION privilege
  "ORA-28000", // the account is locked
  "ORA-28001", // the password has expired
  "ORA-28040", // no matching authentication protocol
]);
/** The driver's own numbers for what a listener or a database refused. */
const driverSays: ReadonlyMap<string, "auth" | "status"> = new Map([
  ["NJS-116", "auth"], // a password verifier that the driver does not know
  ["NJS-138", "status"], // a version of the database that the driver does not know
  ["NJS-511", "status"], // the listener refused
  ["NJS-518", "status"], // the listener knows no such service
  ["NJS-519", "status"], // the listener knows no such SID
]);

function refusalOf(error: unknown, told: SqlQuestion["told"]): Verdict | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = /\b(?:ORA|NJS)-\d+/.exec(error.message)?.[0];
  if (code === undefined) return undefined;
  const words = error.message.replace(/\nHelp: .*/s, "").replace(/ \(CONNECTION_ID=[^)]*\)/g, "");
  if (code.startsWith("ORA-")) {
    return down(loginRefused.has(code) ? "auth" : "status", told(words));
  }
  const reason = driverSays.get(code);
  return reason === undefined ? undefined : down(reason, told(words));
}
