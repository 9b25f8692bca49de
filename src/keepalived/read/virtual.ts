import { isIPv4 } from "node:net";
import type { Findings } from "../finding.ts";
import type { RealServer, VirtualServer } from "../model.ts";
import { isSilentInVirtual, notOursInVirtual } from "../not-ours.ts";
import { type Statement, shown } from "../text/blocks.ts";
import { bool, method, readMark, refused, said, server, wholeNumber } from "../values.ts";
import { readReal } from "./real.ts";
import { keep, readStatements, type Words, type Writable } from "./statements.ts";
import { type TimingDraft, timingWords } from "./timing.ts";

type Draft = Writable<Omit<VirtualServer, "reals" | "schedulerFlags" | "timing">> & {
  readonly reals: RealServer[];
  readonly schedulerFlags: string[];
  readonly timing: TimingDraft;
};

/** @returns undefined when keepalived skips it, too, which is told */
export function readVirtual(statement: Statement, findings: Findings): VirtualServer | undefined {
  const name = nameOf(statement);
  const { file, line, block = [] } = statement;
  if (typeof name === "string") {
    findings.lost(statement, shown(statement), `${name}: the virtual server is left out`);
    return undefined;
  }
  const draft: Draft = {
    ...{ file, line, what: shown(statement), name, timing: {} },
    ...{ schedulerFlags: [], isInhibiting: false, reals: [] },
  };
  readStatements(block, draft, virtualWords, findings);
  return draft;
}

function nameOf({ args }: Statement): VirtualServer["name"] | string {
  const [first = "", second = ""] = args;
  if (first === "group") return { kind: "group", group: second };
  if (first === "fwmark") {
    const mark = readMark(second);
    return mark === undefined ? `"${second}" is no mark` : { kind: "fwmark", mark };
  }
  const found = server(args);
  if (typeof found === "string") return found;
  return { kind: "address", address: found.address, port: found.port ?? 0 };
}

/** linux/ip_vs.h IP_VS_SVC_PERSISTENT_TIMEOUT, in seconds. */
const defaultPersistence = 360;
const protocols = ["tcp", "udp", "sctp"] as const;
/** 31 days. */
const maxPersistence = 2_678_400;

const virtualWords: Words<Draft> = {
  takes: {
    ...timingWords,
    lvs_sched: scheduler,
    lb_algo: scheduler,
    ...flagWords(),
    lvs_method: (statement, draft, findings) => {
      keep(draft, "method", method(statement, findings));
    },
    lb_kind: (statement, draft, findings) => {
      keep(draft, "method", method(statement, findings));
    },
    persistence_timeout: (statement, draft, findings) => {
      const isBare = statement.args.length === 0;
      const range = [1, maxPersistence] as const;
      const bare = said(statement, defaultPersistence);
      keep(draft, "persistence", isBare ? bare : wholeNumber(statement, findings, range));
    },
    persistence_granularity: (statement, draft, findings) => {
      const [text = ""] = statement.args;
      if (isIPv4(text) || /^([1-9]|[1-9]\d|1[01]\d|12[0-8])$/.test(text)) {
        draft.granularity = said(statement, text);
        draft.persistence ??= said(statement, defaultPersistence);
      } else refused(statement, findings, "it is neither a mask nor the length of a prefix");
    },
    protocol: (statement, draft, findings) => {
      const word = statement.args[0]?.toLowerCase();
      const protocol = protocols.find((known) => known === word);
      if (protocol === undefined) refused(statement, findings, "it is none of TCP, UDP and SCTP");
      else draft.protocol = said(statement, protocol);
    },
    ops: (statement, draft) => {
      draft.onePacket = said(statement, true);
    },
    ip_family: (statement, draft) => {
      draft.family = statement.args[0] === "inet6" ? 6 : 4;
    },
    inhibit_on_failure: (_, draft) => {
      draft.isInhibiting = true;
    },
    weight: (statement, draft, findings) => {
      keep(draft, "weight", wholeNumber(statement, findings, [0, 2 ** 31 - 1]));
    },
    virtualhost: (statement, draft) => {
      draft.virtualhost = said(statement, statement.args[0] ?? "");
    },
    smtp_alert: (statement, draft, findings) => {
      keep(draft, "isAlerting", bool(statement, findings));
    },
    quorum: (statement, _, findings) => {
      if (statement.args[0] === "1") return;
      const meaning =
        "so much weight must be up, else the sorry server takes over; here one server is enough";
      findings.lost(statement, shown(statement), meaning);
    },
    hysteresis: (statement, _, findings) => {
      if (statement.args[0] === "0") return;
      findings.lost(statement, shown(statement), "the quorum is lost later than it is gained");
    },
    sorry_server: (statement, draft, findings) => {
      const found = server(statement.args);
      if (typeof found === "string") refused(statement, findings, found);
      else draft.sorry = said(statement, found);
    },
    sorry_server_lvs_method: (statement, draft, findings) => {
      keep(draft, "sorryMethod", method(statement, findings));
    },
    real_server: (statement, draft, findings) => {
      const real = readReal(statement, findings);
      if (real !== undefined) draft.reals.push(real);
    },
  },
  isSilent: isSilentInVirtual,
  notOurs: notOursInVirtual,
};

const known = new Set("rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos".split(" "));

function scheduler(statement: Statement, draft: Draft, findings: Findings): void {
  const word = statement.args[0] ?? "";
  if (known.has(word)) draft.scheduler = said(statement, word);
  else refused(statement, findings, `"${word}" is no scheduler`);
}

/** `sh-port` counts for keepalived only below `lvs_sched sh`. */
function flagWords(): Words<Draft>["takes"] {
  const take = (statement: Statement, draft: Draft, findings: Findings): void => {
    const { keyword } = statement;
    const [, of] = /^(sh|mh)-/.exec(keyword) ?? [];
    if (of === undefined || draft.scheduler?.value === of) draft.schedulerFlags.push(keyword);
    else {
      const near = `schedflags=${keyword}, if it was meant`;
      const meaning = `it has an effect below lvs_sched ${of} only: keepalived passes it over, and so does this`;
      findings.differs(statement, keyword, meaning, near);
    }
  };
  const flags = "flag-1 flag-2 flag-3 sh-port sh-fallback mh-port mh-fallback";
  return Object.fromEntries(flags.split(" ").map((flag) => [flag, take]));
}
