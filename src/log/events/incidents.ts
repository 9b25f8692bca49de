import { event } from "./event.ts";
import { count, word } from "./fields.ts";

/** Incidents, and who is told of them: `[alert …]`. */
export const incidentEvents = {
  "incident-opened": event({
    id: "0005aaae5dcccf298252bd6604289125",
    severity: "warning",
    fields: { alert: word, incident: word, title: word, troubles: count },
    text: (f) => `Incident ${f.incident} opened for [alert ${f.alert}]: ${f.title}`,
    subject: "An incident was opened",
    meaning: `@TITLE@. [alert @ALERT@] tells of it; what comes to it is told at the pace of its update, and its end
      when all of it is over.`,
    remedy: `"Check failed", before, has the reasons. ldirectorctl status shows how it is now.`,
  }),
  "incident-updated": event({
    id: "c680009c25e112a64a6e1262842af0bf",
    severity: "notice",
    fields: { alert: word, incident: word, title: word, open: count, troubles: count },
    text: (f) => `Incident ${f.incident} goes on for [alert ${f.alert}]: ${f.title}`,
    subject: "An incident goes on",
    meaning: "@TITLE@. Of its @TROUBLES@ troubles @OPEN@ are not over.",
    remedy: "As of the entry that opened it.",
  }),
  "incident-closed": event({
    id: "1edb6d22f1c252da47928582e8eee60a",
    severity: "notice",
    fields: { alert: word, incident: word, title: word, seconds: count },
    text: (f) => `Incident ${f.incident} closed for [alert ${f.alert}]: ${f.title}`,
    subject: "An incident is over",
    meaning: "@TITLE@. It lasted @SECONDS@ s.",
    remedy: "Nothing to do.",
  }),
  "incidents-set-aside": event({
    id: "91216d66e52134f98c0779291875dedd",
    severity: "error",
    fields: { path: word, to: word, cause: word },
    text: (f) =>
      `Open incidents in ${f.path} are not understood: ${f.cause}; the file is now ${f.to}`,
    subject: "The file of open incidents was not understood",
    meaning: `@PATH@: @CAUSE@. What is wrong now is told anew; what was open and is over by now has no closing
      message.`,
    remedy: "Close by hand what a receiver still shows as open. @TO@ has what was in the file.",
  }),
  "incidents-unsaved": event({
    id: "3e43b544e0895665cfd2671e3199c9be",
    severity: "error",
    fields: { path: word, cause: word },
    text: (f) => `Open incidents can not be written to ${f.path}: ${f.cause}`,
    subject: "Open incidents cannot be saved",
    meaning: `@PATH@: @CAUSE@. Alerts go on; but after a restart what is wrong then would be told once more, and what
      is over by then would have no closing message.`,
    remedy:
      "Look at the folder ([control] state), its permissions, its disk. It is tried again with each change.",
  }),
  "alert-failed": event({
    id: "4e2fc1427dfbfbd5be97b64531a797bf",
    severity: "error",
    fields: { alert: word, cause: word },
    text: (f) => `[alert ${f.alert}] could not be told: ${f.cause}; it is tried again`,
    subject: "A receiver of alerts could not be told",
    meaning: `[alert @ALERT@]: @CAUSE@. It is tried again, with pauses from 1 s to 5 min, for a day; what happens
      meanwhile waits in its order. No check and no other alert waits for it.`,
    remedy:
      "Mend the receiver, or its section in ldirectord-ng.ini. `ldirectorctl alert @ALERT@ --test` tries it.",
  }),
  "alert-recovered": event({
    id: "ecc45c4a23da6f4f163f9410cbe7656b",
    severity: "notice",
    fields: { alert: word },
    text: (f) => `[alert ${f.alert}] can be told again`,
    subject: "A receiver of alerts can be told again",
    meaning: "[alert @ALERT@] takes what it is told, and gets what has waited.",
    remedy: "Nothing to do.",
  }),
  "alert-dropped": event({
    id: "495f2d19112efaabcf35724cfd356632",
    severity: "error",
    fields: { alert: word, dropped: count, cause: word },
    text: (f) => `[alert ${f.alert}] was not told of ${f.dropped} messages: ${f.cause}`,
    subject: "Messages of an alert were given up",
    meaning: `[alert @ALERT@] was not told of @DROPPED@ messages: @CAUSE@. The receiver says that it will never take
      them, or it did not for a day, or too many waited.`,
    remedy: "What they would have told is in this journal: the incidents, opened and closed.",
  }),
  "alert-full": event({
    id: "29aac77ebd301e97dd309f728e97e83c",
    severity: "error",
    fields: { alert: word, limit: count },
    text: (f) => `${f.limit} messages of [alert ${f.alert}] wait: some give way`,
    subject: "Too many messages of an alert wait",
    meaning: `@LIMIT@ messages wait for the receiver of [alert @ALERT@], which is slow or dead while much happens.
      Updates give way first, the oldest of them.`,
    remedy: "Look at the receiver.",
  }),
  "alert-recipient-refused": event({
    id: "6736559c2831ede891ae1f75993c22e0",
    severity: "error",
    fields: { alert: word, recipient: word, cause: word },
    text: (f) => `[alert ${f.alert}]: its mail server takes no mail for ${f.recipient}: ${f.cause}`,
    subject: "A mail server refuses a recipient of an alert",
    meaning: "@RECIPIENT@ gets no mails of [alert @ALERT@]: @CAUSE@. The other recipients do.",
    remedy: "Correct its recipients, or the mail server.",
  }),
};
