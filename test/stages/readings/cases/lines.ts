import { directives } from "../../../../src/config/text/directives.ts";
import type { Readings } from "../reading.ts";
import { accepted, fine, fineInside, global, inside, masked, whole, wrong } from "./words.ts";

const one = "virtual=VIP:80\n    checktype=on\n";
/** Every third: the original has one text for all of them. */
const inScope = (scope: string): string[] =>
  directives
    .filter((it) => it.scope === scope && it.kind !== "removed")
    .filter((_, i) => i % 3 === 0)
    .map((it) => it.example);

export const places: Readings = {
  name: "directives in the wrong place",
  readings: [
    ...inScope("V").map((line) =>
      wrong(/^(passwd|secret)/.test(line) ? global(line, masked) : global(line)),
    ),
    ...inScope("G").map((line) => wrong(inside(line))),
    wrong(
      whole("a service's directive before any service", "    checktype=on\nvirtual=VIP:80\n\n"),
    ),
    wrong(whole("a service's directive after an empty line", `${one}\n    real=RS1:80 masq\n`)),
    wrong(whole("a service's directive after a global one", `${one}quiescent=no\n    ops=no\n`)),
    whole("a global directive after a service", `${one}quiescent=no\n`),
  ],
};

export const lines: Readings = {
  name: "lines",
  readings: [
    ...[
      ...["nonsense", "nonsense=1", "Quiescent=yes", "checktimout=5", " quiescent=yes"],
      ...[
        "\tquiescent=yes",
        "=5",
        "quiescent",
        "quiescent yes",
        "quiescent: yes",
        "quiescent==yes",
      ],
      ...["quiescent=yes;", "; comment", "// comment"],
      ...["include other.cf", "checktimeout 5", "[global]", "x".repeat(500)],
    ].map((line) => wrong(global(line))),
    ...["quiescent=yes # comment", "quiescent=yes "].map((line) => global(line, accepted)),
    fine(
      "outside services",
      ...["checktimeout=5 # comment", "  # comment", "#", "checktimeout = 5", "checktimeout= 5"],
      ...["checktimeout\t=\t5", "   ", "\t", "checktimeout=5;"],
    ),
    ...[
      ...["nonsense", "nonsense=1", "Scheduler=rr", "schedler=rr"],
      ...["request=/a", "checktype connect", "=5", "; comment"],
      ...["real = ", "scheduler", "virtual=VIP:81"],
    ].map((line) => wrong(inside(line))),
    ...["quiescent=yes # comment", "quiescent=yes ", 'request="a#b"'].map((line) =>
      inside(line, accepted),
    ),
    fineInside(
      "in services",
      ...["# comment", "\tscheduler=rr", "scheduler = rr", "scheduler\t=rr"],
      "scheduler=rr # comment",
    ),
    whole("an empty file", ""),
    whole("an empty line", "\n"),
    whole("only comments", "# one\n# two\n"),
    whole("no line end, global", "checktimeout=5"),
    wrong(whole("no line end, a wrong line", "nonsense=1")),
    whole("no line end, virtual= alone", "virtual=VIP:80", accepted),
    whole("virtual= alone as the last line", "checktimeout=5\nvirtual=VIP:80\n", accepted),
    whole("virtual= alone, and an empty line", "virtual=VIP:80\n\n"),
    whole("no line end, in a service", one.trimEnd()),
    wrong(whole("no line end, a wrong line in a service", `${one}    nonsense=1`)),
    whole("services without an empty line between", `${one}virtual=VIP:81\n    checktype=on\n`),
    whole("CRLF, numbers", "checktimeout=5\r\n\r\nfailurecount=2\r\n"),
    whole("CRLF, yes", "checktimeout=5\r\nquiescent=yes\r\n", accepted),
    whole("CRLF, a service", "virtual=VIP:80\r\n    checktype=on\r\n    scheduler=rr\r\n\r\n"),
    wrong(whole("CRLF, a wrong line", "checktimeout=5\r\nnonsense=1\r\n")),
    whole("CRLF, strings", 'logfile="/var/log/x.log"\r\ncallback="/srv/callback"\r\n'),
    whole("a byte order mark", "\ufeffchecktimeout=5\n", accepted),
    whole("tabs before lines", "virtual=VIP:80\n\tchecktype=on\n\tscheduler=rr\n"),
    whole("two blanks and a tab", "virtual=VIP:80\n  \tchecktype=on\n"),
    whole("more than four blanks", "virtual=VIP:80\n        checktype=on\n      scheduler=rr\n"),
    wrong(whole("three blanks", "virtual=VIP:80\n   checktype=on\n")),
    wrong(whole("three blanks after four", `${one}   scheduler=rr\n`)),
    whole("four blanks alone", `${one}    \nchecktimeout=5\n`),
    whole("a tab alone", `${one}\t\nchecktimeout=5\n`),
    whole("five blanks alone", `${one}     \n    scheduler=rr\n`, accepted),
    whole("two tabs alone", `${one}\t\t\n    scheduler=rr\n`, accepted),
    wrong(whole("four blanks alone, and on", `${one}    \n    scheduler=rr\n`)),
    whole("a comment in the first column of a service", `${one}# comment\n    scheduler=rr\n`),
    whole("an indented comment outside a service", `    # comment\n${one}`),
    whole("a comment of three blanks in a service", `${one}   # comment\n    scheduler=rr\n`),
    whole("typographic quotes", `${one}    request=\u201ca.html\u201d\n`, accepted),
    whole("UTF-8 in a comment", "# caf\u00e9\nchecktimeout=5\n"),
    wrong(whole("two mistakes", "nonsense=1\nquiescent=maybe\n")),
    wrong(whole("a mistake after a service with one", `${one}    ops=maybe\nnonsense=1\n`)),
    wrong(whole("a name that is not known, then a mistake", "fallback=host.invalid\nnonsense=1\n")),
    whole("a directive twice: the last counts", "quiescent=yes\nquiescent=no\n"),
    wrong(whole("a directive twice, the first is wrong", "quiescent=maybe\nquiescent=no\n")),
    whole("many warnings", "checkcount=1\ncheckcount=2\nmaintenancedir=/nowhere\n"),
    wrong(whole("a warning, then a mistake", "checkcount=1\nnonsense=1\n")),
  ],
};
