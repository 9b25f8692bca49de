/** A keepalived.conf as the two files of ldirectord-ng. */
import { printable } from "../../model/one-line.ts";
import { Findings } from "../finding.ts";
import type { Conf, RealServer, VirtualAddress, VirtualServer } from "../model.ts";
import { blockText, type Line, lineText } from "./lines.ts";
import { alertLines, mailOf } from "./mail.ts";
import { defaultProtocol, virtualLines } from "./virtual.ts";

export interface Imported {
  /** The ldirectord.cf. */
  readonly cf: string;
  /** The ldirectord-ng.ini, when one is needed. */
  readonly ini?: string;
  readonly virtualServices: number;
}

/** More come from a slip in a range. */
const limits = { services: 10_000, lines: 500_000 };

export function convert(conf: Conf, findings: Findings): Imported {
  const mail = mailOf(conf, findings);
  const blocks: string[] = [];
  let isQuiescent = false;
  let count = 0;
  const taken = new Map<string, number>();
  for (const virtual of merged(conf.virtuals, findings)) {
    for (const [i, address] of addressesOf(virtual, conf, findings).entries()) {
      // What is said of a group's first address holds for the others.
      const found = i === 0 ? findings : new Findings();
      const lines = virtualLines(virtual, address, found);
      const [head] = lines;
      if (head === undefined) continue;
      const id = lines
        .filter((line) => line === head || line[0] === "protocol")
        .map(lineText)
        .join(" ");
      const earlier = taken.get(id);
      if (earlier !== undefined) {
        const meaning = `${lineText(head)} is of the virtual server in line ${earlier}, too: it is served as there`;
        findings.lost(virtual, virtual.what, meaning, "write its real servers there");
        continue;
      }
      count += lines.length;
      if (taken.size === limits.services || count > limits.lines) {
        const meaning = `more than ${limits.services} virtual services, or ${limits.lines} lines, come of it: it ends here`;
        findings.lost(virtual, virtual.what, meaning);
        return asFiles(mail, { blocks, isQuiescent });
      }
      taken.set(id, virtual.line);
      const alerts = mail.lines.length > 0 ? alertLines(virtual, conf.globals, found) : [];
      isQuiescent ||= lines.some(([name]) => name === "quiescent");
      const comment = printable(`${virtual.file}:${virtual.line}: ${virtual.what}`);
      blocks.push(blockText(comment, [...lines, ...alerts]));
    }
  }
  return asFiles(mail, { blocks, isQuiescent });
}

function asFiles(
  { lines, smtpPort }: ReturnType<typeof mailOf>,
  { blocks, isQuiescent }: { readonly blocks: readonly string[]; readonly isQuiescent: boolean },
): Imported {
  const globals: readonly Line[] = [
    ...lines,
    // Whom keepalived inhibits is in its table from the start.
    ...(isQuiescent ? [["readdquiescent", "yes"] as const] : []),
  ];
  const head = globals.map((line) => `${lineText(line)}\n`).join("");
  return {
    cf: [head, ...blocks].filter((part) => part !== "").join("\n"),
    ...(smtpPort !== undefined && { ini: `[email]\nsmtp-port = ${smtpPort}\n` }),
    virtualServices: blocks.length,
  };
}

/** keepalived puts the real servers of two of the same address beside one another, with the settings of the first. */
function merged(virtuals: readonly VirtualServer[], findings: Findings): readonly VirtualServer[] {
  const byName = new Map<string, VirtualServer & { readonly reals: RealServer[] }>();
  for (const virtual of virtuals) {
    const { name, protocol } = virtual;
    const isMark = name.kind === "fwmark";
    const key = JSON.stringify([name, isMark ? "fwm" : (protocol?.value ?? defaultProtocol)]);
    const first = byName.get(key);
    if (first === undefined) byName.set(key, { ...virtual, reals: [...virtual.reals] });
    else {
      for (const real of virtual.reals) first.reals.push(real);
      const meaning = `it is the one of line ${first.line}: keepalived adds its real servers there, and so does this, with the settings of that one`;
      findings.differs(virtual, virtual.what, meaning);
    }
  }
  return [...byName.values()];
}

function addressesOf(
  virtual: VirtualServer,
  { groups }: Conf,
  findings: Findings,
): readonly VirtualAddress[] {
  const { name, reals, protocol } = virtual;
  if (protocol?.value === "sctp") {
    const meaning = "there is no SCTP here: the virtual server is left out";
    findings.lost(
      protocol,
      protocol.what,
      meaning,
      "keepalived, for this one; ours leaves services alone that it has not in its file",
    );
    return [];
  }
  if (reals.length === 0) {
    const meaning = "it has no real server: keepalived passes it over, and so does this";
    findings.differs(virtual, virtual.what, meaning);
    return [];
  }
  if (name.kind !== "group") return [name];
  const addresses = groups.get(name.group);
  if (addresses === undefined) {
    findings.lost(virtual, virtual.what, "there is no such group: it is left out");
  }
  return addresses ?? [];
}
