/** What each kind of checker may say. */
import type { Asked, Url } from "../model.ts";
import { isSilentInChecker, notOursInChecker } from "../not-ours.ts";
import { shown } from "../text/blocks.ts";
import { type Said, said, wholeNumber } from "../values.ts";
import { keep, readStatements, type Words } from "./statements.ts";
import { checkerTimingWords, type TimingDraft } from "./timing.ts";
import { type UrlDraft, urlWords } from "./url.ts";

export interface CheckerDraft {
  readonly timing: TimingDraft;
  port?: Said<number>;
  readonly urls: Url[];
  virtualhost?: Said<string>;
  words?: Said<readonly string[]>;
  timeout?: Said<number>;
  isDynamic: boolean;
  type: string;
  name: string;
}

type Takes = Words<CheckerDraft>["takes"];

const common: Takes = {
  ...checkerTimingWords,
  connect_port: (statement, draft, findings) => {
    keep(draft, "port", wholeNumber(statement, findings, [1, 65_535]));
  },
  connect_ip: (statement, _, findings) => {
    const meaning = "another address than the real server's is asked; here it is the real server's";
    const near = "a program that asks there, by checktype=external";
    findings.lost(statement, shown(statement), meaning, near);
  },
};

const web: Takes = {
  url: ({ block = [], file, line }, { urls }, findings) => {
    const url: UrlDraft = { file, line, path: "/", regexOptions: [], isNot: false };
    readStatements(block, url, urlWords, findings);
    urls.push(url);
  },
  virtualhost: (statement, draft) => {
    draft.virtualhost = said(statement, statement.args[0] ?? "");
  },
  http_protocol: (statement, _, findings) => {
    if (statement.args[0] === "1.1") return;
    findings.differs(statement, shown(statement), "requests are in HTTP/1.1 here");
  },
};

const misc: Takes = {
  misc_path: (statement, draft) => {
    const { args } = statement;
    // In quotes, blanks part the arguments; within these again, single quotes hold them together.
    draft.words = said(statement, args.length === 1 ? argumentsIn(args[0] ?? "") : args);
  },
  misc_timeout: (statement, draft, findings) => {
    keep(draft, "timeout", wholeNumber(statement, findings, [1, 2_147_483]));
  },
  misc_dynamic: (_, draft) => {
    draft.isDynamic = true;
  },
};

const argumentsIn = (text: string): readonly string[] =>
  (text.match(/'[^']*'|[^\s']+/g) ?? []).map((word) => word.replace(/^'(.*)'$/s, "$1"));

const dns: Takes = {
  type: (statement, draft) => {
    draft.type = (statement.args[0] ?? "").toUpperCase();
  },
  name: (statement, draft) => {
    draft.name = statement.args[0] ?? ".";
  },
};

const smtp: Takes = {
  host: (statement, _, findings) => {
    const meaning = "more addresses of the server are asked; here it is the real server's";
    findings.lost(statement, shown(statement), meaning);
  },
};

const withCommon = (takes: Takes): Words<CheckerDraft> => ({
  takes: { ...common, ...takes },
  isSilent: isSilentInChecker,
  notOurs: notOursInChecker,
});

/** Told as a whole, when the check is chosen. */
const toldAsWhole: Words<CheckerDraft> = { takes: {}, isSilent: () => true };

export const checkerWords: Readonly<Record<Asked["kind"], Words<CheckerDraft>>> = {
  tcp: withCommon({}),
  ping: withCommon({}),
  http: withCommon(web),
  https: withCommon(web),
  smtp: withCommon(smtp),
  dns: withCommon(dns),
  misc: withCommon(misc),
  udp: {
    ...withCommon({}),
    isSilent: (word) =>
      isSilentInChecker(word) || /^(payload|require_reply|m.._reply_length)$/.test(word),
  },
  other: toldAsWhole,
};
