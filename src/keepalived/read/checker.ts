import type { Findings } from "../finding.ts";
import type { Asked, Checker } from "../model.ts";
import { type Statement, shown } from "../text/blocks.ts";
import { type CheckerDraft, checkerWords } from "./checker-words.ts";
import { readStatements } from "./statements.ts";

const kinds = {
  TCP_CHECK: "tcp",
  HTTP_GET: "http",
  SSL_GET: "https",
  SMTP_CHECK: "smtp",
  DNS_CHECK: "dns",
  MISC_CHECK: "misc",
  PING_CHECK: "ping",
  UDP_CHECK: "udp",
  BFD_CHECK: "other",
  FILE_CHECK: "other",
} as const satisfies Readonly<Record<string, Asked["kind"]>>;

type CheckerName = keyof typeof kinds;
export const checkerNames = Object.keys(kinds) as readonly CheckerName[];

/** @returns undefined when keepalived ignores it, too, which is told */
export function readChecker(statement: Statement, findings: Findings): Checker | undefined {
  const { file, line, keyword, block = [] } = statement;
  const kind = kinds[keyword as CheckerName];
  const draft: CheckerDraft = { timing: {}, urls: [], isDynamic: false, type: "SOA", name: "." };
  readStatements(block, draft, checkerWords[kind], findings);
  const asks = askedOf(kind, draft);
  const what = shown(statement);
  if (typeof asks === "string") {
    const meaning = `${asks}: keepalived passes the checker over, and so does this`;
    findings.lost(statement, what, meaning);
    return undefined;
  }
  const { timing, port } = draft;
  return { file, line, what, timing, ...(port !== undefined && { port }), asks };
}

/** @returns what is missing, when something is */
function askedOf(kind: Asked["kind"], draft: CheckerDraft): Asked | string {
  const { urls, virtualhost, words, timeout, isDynamic, type, name } = draft;
  switch (kind) {
    case "http":
    case "https": {
      if (urls.length === 0) return "it has no url";
      return { kind, urls: urls.map((url) => ({ ...(virtualhost && { virtualhost }), ...url })) };
    }
    case "misc": {
      if (words === undefined || words.value.length === 0) return "it has no misc_path";
      return { kind, words, ...(timeout && { timeout }), isDynamic };
    }
    case "dns":
      return { kind, type, name };
    case "tcp":
    case "smtp":
    case "ping":
    case "udp":
    case "other":
      return { kind };
  }
}
