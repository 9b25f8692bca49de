import type { StatusCodes, Url } from "../model.ts";
import { shown } from "../text/blocks.ts";
import { refused, said } from "../values.ts";
import type { Words, Writable } from "./statements.ts";

export type UrlDraft = Writable<Url>;

/** Of `url { … }` in an HTTP_GET or SSL_GET. */
export const urlWords: Words<UrlDraft> = {
  takes: {
    path: (statement, url) => {
      url.path = statement.args[0] || "/";
    },
    digest: (statement, url) => {
      url.digest = said(statement, statement.args[0] ?? "");
    },
    virtualhost: (statement, url) => {
      url.virtualhost = said(statement, statement.args[0] ?? "");
    },
    status_code: (statement, url, findings) => {
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
    regex_min_offset: (statement, _, findings) => {
      const meaning = "the text is searched from here on; here all of it is";
      findings.lost(statement, shown(statement), meaning);
    },
    regex_max_offset: (statement, _, findings) => {
      const meaning = "the text is searched up to here; here 512 KiB are";
      findings.lost(statement, shown(statement), meaning);
    },
  },
  isSilent: (word) => word === "regex_stack",
};

function statusCodes(text: string): StatusCodes | undefined {
  const [, first = "", last = first] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text) ?? [];
  return first !== "" && first <= last ? [Number(first), Number(last)] : undefined;
}
