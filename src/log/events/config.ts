import { event } from "./event.ts";
import { count, message, optional, word } from "./fields.ts";

export const configEvents = {
  "config-not-found": event({
    id: "73fb69ae6bacb5146939bfe851f78b55",
    severity: "error",
    fields: { name: word, cause: optional(word) },
    text: (f) => `Config file ${f.name} not found${f.cause === undefined ? "" : `: ${f.cause}`}`,
    subject: "The configuration file is missing",
    meaning: "@NAME@ is not there, neither below /etc/ha.d nor /etc/ha.d/conf nor as given.",
    remedy: "Give the right name, or restore the file.",
  }),
  "config-error": event({
    id: "2bc22b66885cecfd60e11995956b59eb",
    severity: "error",
    fields: { text: message, configLine: optional(count) },
    text: (f) => f.text,
    subject: "A mistake in the configuration",
    meaning: `The text names file, line and column, what is wrong, and what would be right. All mistakes
      are told at once, one entry each.`,
    remedy: `At start: nothing runs until it is right. At reload: the configuration loaded before goes
      on, unchanged. Correct the line and reload.`,
  }),
  "config-warning": event({
    id: "9f8b1b6c7274678db9cb508d91b794fb",
    severity: "warning",
    fields: { text: message, configLine: optional(count) },
    text: (f) => f.text,
    subject: "The configuration loads, but is hardly meant so",
    meaning: "The text names the line, and what was assumed.",
    remedy: "Change the line so that it says what is meant.",
  }),
  "config-changed": event({
    id: "788120f389452bcfbb3a2b0b4be2098d",
    severity: "info",
    fields: { path: word },
    text: (f) => `Configuration file '${f.path}' has changed on disk`,
    subject: "The configuration file has changed",
    meaning: "The content of @PATH@ is another than the one that runs.",
    remedy: "Nothing to do: the next entry says whether it is taken (autoreload=yes) or not.",
  }),
  "config-reread": event({
    id: "74a77ba70bf39092e2cc0f8e4c1a6aa5",
    severity: "info",
    fields: {},
    text: () => " - reread new configuration",
    subject: "The changed file is read",
    meaning: "autoreload=yes: the new file is taken, if it has no mistakes.",
    remedy: "Nothing to do.",
  }),
  "config-ignored": event({
    id: "0a16132d1cc99935de692b6086c2d788",
    severity: "info",
    fields: {},
    text: () => " - ignore new configuration",
    subject: "The changed file is not read",
    meaning: "autoreload=no: the daemon goes on with what it has loaded.",
    remedy: "To take it: `systemctl reload ldirectord` or `ldirectord reload`.",
  }),
  "config-kept": event({
    id: "1ef37af9123685582a7b99cf57634484",
    severity: "error",
    fields: { path: word },
    text: (f) => `Reload of ${f.path} failed: the configuration loaded before goes on unchanged`,
    subject: "A reload failed, the old configuration goes on",
    meaning: `@PATH@ could not be taken; the entries before this one say why. Nothing has changed: checks,
      health and table are those of the configuration loaded before.`,
    remedy: `Correct the file and reload. Until then file and daemon differ: a restart would fail.`,
  }),
  "config-emptied": event({
    id: "54b5f188a3f7ce4d2b7e6d35b7b1d300",
    severity: "warning",
    fields: { path: word, services: count },
    text: (f) =>
      `${f.path} names no virtual service any more: all ${f.services} are taken out of the table`,
    subject: "The configuration names no virtual service any more",
    meaning: `A reload was ordered, and @PATH@ names none. All @SERVICES@ that it named before are taken
      out of the table.`,
    remedy: "If that was not meant: put the file right and reload once more.",
  }),
  "config-reread-late": event({
    id: "9b313d5824311dc176ca67270ca1ed5a",
    severity: "notice",
    fields: { path: word },
    text: (f) => `Names in configuration file '${f.path}' have other answers than before`,
    subject: "Names in the file have other answers than before",
    meaning: `Names in @PATH@ that could not be looked up can be now, or the other way round. Who has an
      address now has joined, as by a reload.`,
    remedy: "Nothing to do. Numeric addresses in the file would not depend on a name server.",
  }),
  "reload-signal": event({
    id: "e6ae82942b9bd03000f2fce059a06153",
    severity: "info",
    fields: {},
    text: () => "Reloading Linux Director Daemon config on signal",
    subject: "A reload was asked for",
    meaning: "The daemon was sent HUP and reads its configuration again.",
    remedy: "Nothing to do.",
  }),
};
