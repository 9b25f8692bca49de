import type { Findings } from "../finding.ts";
import type { Asked, Checker, StatusCodes, Url } from "../model.ts";
import { isSilentInChecker, notOursInChecker } from "../not-ours.ts";
import { type Statement, shown } from "../text/blocks.ts";
import { refused, type Said, said, wholeNumber } from "../values.ts";
import { keep, readStatements, type Words, type Writable } from "./statements.ts";
import { type TimingDraft, timingWords } from "./timing.ts";

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
} as const;

type CheckerName = keyof typeof kinds;
export const checkerNames = Object.keys(kinds) as readonly CheckerName[];

interface Draft {
  readonly timing: TimingDraft;
  port?: Said<number>;
  readonly urls: Url[];
  virtualhost?: Said<string>;
  words?: Said<readonly string[]>;
  timeout?: Said<number> | undefined;
  isDynamic: boolean;
  type: string;
  name: string;
}

/** @returns undefined when keepalived ignores it, too, which is told */
export function readChecker(statement: Statement, findings: Findings): Checker | undefined {
  const { file, line, keyword, block = [] } = statement;
  const kind = kinds[keyword as CheckerName];
  const draft: Draft = { timing: {}, urls: [], isDynamic: false, type: "SOA", name: "." };
  readStatements(block, draft, checkerWords(kind, findings), findings);
  const asks = askedOf(kind, draft);
  const what = shown(statement);
  if (typeof asks === "string") {
    findings.lost(statement, what, `${asks}: keepalived passes the checker over, and so does this`);
    return undefined;
  }
  const { timing, port } = draft;
  return { file, line, what, timing, ...(port !== undefined && { port }), asks };
}

/** @returns what is missing, when something is */
function askedOf(kind: Asked["kind"], draft: Draft): Asked | string {
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

function checkerWords(kind: Asked["kind"], findings: Findings): Words<Draft> {
  const connection: Words<Draft>["takes"] = {
    connect_port: (statement, draft) => {
      const port = wholeNumber(statement, findings, [1, 65_535]);
      if (port !== undefined) draft.port = port;
    },
    connect_ip: (statement) => {
      const meaning =
        "another address than the real server's is asked; here it is the real server's";
      findings.lost(
        statement,
        shown(statement),
        meaning,
        "a program that asks there, by checktype=external",
      );
    },
  };
  const common = { isSilent: isSilentInChecker, notOurs: notOursInChecker };
  const takes = { ...timingWords<Draft>(findings), ...connection, ...ownWords(kind, findings) };
  if (kind !== "other") return { ...common, takes };
  // Told as a whole when the check is chosen.
  return { takes: {}, isSilent: () => true };
}

function ownWords(kind: Asked["kind"], findings: Findings): Words<Draft>["takes"] {
  switch (kind) {
    case "http":
    case "https":
      return {
        url: ({ block = [], file, line }, { urls }) => {
          const url: UrlDraft = { file, line, path: "/", regexOptions: [], isNot: false };
          readStatements(block, url, urlWords(findings), findings);
          urls.push(url);
        },
        virtualhost: (statement, draft) => {
          draft.virtualhost = said(statement, statement.args[0] ?? "");
        },
        http_protocol: (statement) => {
          if (statement.args[0] === "1.1") return;
          findings.differs(statement, shown(statement), "requests are in HTTP/1.1 here");
        },
      };
    case "misc":
      return {
        misc_path: (statement, draft) => {
          const { args } = statement;
          // In quotes, blanks part the arguments; within these again, single quotes hold them together.
          const words = args.length === 1 ? argumentsIn(args[0] ?? "") : args;
          draft.words = said(statement, words);
        },
        misc_timeout: (statement, draft) => {
          keep(draft, "timeout", wholeNumber(statement, findings, [1, 2_147_483]));
        },
        misc_dynamic: (_, draft) => {
          draft.isDynamic = true;
        },
      };
    case "dns":
      return {
        type: (statement, draft) => {
          draft.type = (statement.args[0] ?? "").toUpperCase();
        },
        name: (statement, draft) => {
          draft.name = statement.args[0] ?? ".";
        },
      };
    case "smtp":
      return {
        host: (statement) => {
          const meaning = "more addresses of the server are asked; here it is the real server's";
          findings.lost(statement, shown(statement), meaning);
        },
      };
    case "udp":
      return Object.fromEntries(
        "payload require_reply min_reply_length max_reply_length"
          .split(" ")
          .map((word) => [word, () => undefined]),
      );
    case "tcp":
    case "ping":
    case "other":
      return {};
  }
}

const argumentsIn = (text: string): readonly string[] =>
  (text.match(/'[^']*'|[^\s']+/g) ?? []).map((word) => word.replace(/^'(.*)'$/s, "$1"));

type UrlDraft = Writable<Url>;

const urlWords = (findings: Findings): Words<UrlDraft> => ({
  takes: {
    path: (statement, url) => {
      url.path = statement.args[0] ?? "/";
    },
    digest: (statement, url) => {
      url.digest = said(statement, statement.args[0] ?? "");
    },
    virtualhost: (statement, url) => {
      url.virtualhost = said(statement, statement.args[0] ?? "");
    },
    status_code: (statement, url) => {
      const codes = statement.args.map(statusCodes);
      const right = codes.filter((each) => each !== undefined);
      if (right.length < codes.length) refused(statement, findings, "a code is none");
      if (right.length > 0) url.statusCodes = said(statement, right);
    },
    regex: (statement, url) => {
      url.regex = said(statement, statement.args[0] ?? "");
    },
    regex_no_match: (_, url) => {
      url.isNot = true;
    },
    regex_options: ({ args }, url) => {
      url.regexOptions = [...url.regexOptions, ...args];
    },
    regex_min_offset: (statement) =>
      findings.lost(
        statement,
        shown(statement),
        "the text is searched from here on; here all of it is",
      ),
    regex_max_offset: (statement) =>
      findings.lost(
        statement,
        shown(statement),
        "the text is searched up to here; here 512 KiB are",
      ),
  },
  isSilent: (word) => word === "regex_stack",
});

function statusCodes(text: string): StatusCodes | undefined {
  const [, first = "", last = first] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text) ?? [];
  return first !== "" && first <= last ? [Number(first), Number(last)] : undefined;
}
