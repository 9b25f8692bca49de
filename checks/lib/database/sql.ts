/** What the three databases' checks have in common: log in, ask once, and be up when there are rows. */
import { formatHost } from "../../../src/model/address.ts";
import { type CheckSettings, down, type StaysDown, up, type Verdict } from "../../check.ts";
import { withoutSlash } from "../request.ts";
import { textWords } from "../server-words.ts";
import { TooMuch } from "./guard.ts";

export interface SqlQuestion {
  readonly login: string;
  /** In the clear. Empty when the file has none. */
  readonly password: () => string;
  /** The server's words, as a verdict's detail. */
  readonly told: (words: string) => string;
  readonly database: string | undefined;
  readonly query: string;
  /** For PreparedProbe. */
  readonly probeKey: string;
}

/** @returns what to ask, or what the file lacks for it */
export function sqlQuestion(settings: CheckSettings): SqlQuestion | StaysDown {
  const { login = "", passwd, database, real } = settings;
  const query = withoutSlash(settings.request ?? "");
  if (login === "" || query === "") {
    return {
      staysDown: `Must specify a login and request string for MySQL, Oracle and PostgreSQL checks. Not adding ${formatHost(real.address)}.`,
    };
  }
  const password = (): string => passwd?.reveal() ?? "";
  const probeKey = JSON.stringify([login, password(), database, query]);
  const told = (words: string): string => textWords(words, passwd);
  return { login, password, told, database, query, probeKey };
}

/**
 * The verdict on a query's rows.
 * @param asking settles when the last row was counted; when the server says more than we read, the rows
 *   until then count
 * @param rows how many there were so far
 */
export async function rowsVerdict(asking: Promise<void>, rows: () => number): Promise<Verdict> {
  try {
    await asking;
  } catch (error) {
    if (error instanceof TooMuch && rows() > 0) return up(`more than ${rows()} rows`);
    throw error;
  }
  const count = rows();
  if (count === 0) return down("mismatch", "the query has no rows");
  return up(count === 1 ? "1 row" : `${count} rows`);
}

/** The time limit that the server is told: a little after ours, so that a busy director does not hear of the server's first. */
export const serverLimitMs = (limitMs: number): number => limitMs + 1000;
