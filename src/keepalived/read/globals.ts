import type { Globals } from "../model.ts";
import { isSilentGlobal, notOursInGlobals } from "../not-ours.ts";
import { shown } from "../text/blocks.ts";
import { bool, refused, said } from "../values.ts";
import { keep, type Words, type Writable } from "./statements.ts";

export type GlobalsDraft = Writable<Omit<Globals, "recipients">> & {
  readonly recipients: Globals["recipients"][number][];
};

/** Of `global_defs`. */
export const globalWords: Words<GlobalsDraft> = {
  takes: {
    notification_email: ({ block = [] }, draft) => {
      for (const each of block) draft.recipients.push(said(each, shown(each)));
    },
    notification_email_from: (statement, draft) => {
      draft.from = said(statement, statement.args.join(" "));
    },
    smtp_server: (statement, draft, findings) => {
      const [host = "", port] = statement.args;
      const number = /^\d{1,5}$/.test(port ?? "") ? Number(port) : 0;
      if (port !== undefined && (number < 1 || number > 65_535))
        refused(statement, findings, `"${port}" is no port`);
      else
        draft.smtpServer = said(statement, { host, ...(port !== undefined && { port: number }) });
    },
    smtp_alert: (statement, draft, findings) => {
      if (draft.isAlerting === undefined) keep(draft, "isAlerting", bool(statement, findings));
    },
    smtp_alert_checker: (statement, draft, findings) => {
      keep(draft, "isAlerting", bool(statement, findings));
    },
    no_checker_emails: (statement, draft) => {
      draft.isAlerting = said(statement, false);
    },
  },
  isSilent: isSilentGlobal,
  notOurs: notOursInGlobals,
};
