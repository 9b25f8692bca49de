import type { Case, Group } from "../case.ts";

const enter = (names: readonly string[]): { hand: string } => ({
  hand: `cd /srv/maintenance && touch ${names.map((it) => `'${it}'`).join(" ")}`,
});
const leave = (names: readonly string[]): { hand: string } => ({
  hand: `cd /srv/maintenance && rm ${names.map((it) => `'${it}'`).join(" ")}`,
});

function inAndOut(name: string, names: readonly string[], file: string): Case {
  return {
    name,
    file,
    steps: [
      { name: "into maintenance", events: [enter(names)] },
      { name: "and out", events: [leave(names)] },
    ],
  };
}

const pair = (lines = ""): string => `
virtual=VIP:80
    real=RS1:80 masq 2
    real=RS2:80 masq
    checktype=connect
    ${lines}
`;
const six = `
virtual6=[VIP6]:80
    real6=[RS1v6]:80 masq 2
    checktype=connect
`;
const mark = `
virtual=MARK
    real=RS1 gate
    service=http
    checktype=connect
`;

export const maintenance: Group = {
  name: "maintenance",
  // Without readdquiescent the original adds and removes each server once more at the start: much time.
  globals: "checkinterval=1\nchecktimeout=8\nreaddquiescent=yes\nmaintenancedir=/srv/maintenance\n",
  differs: [{ id: "maintenance-end", original: /^Resetting soft failure count: / }],
  cases: [
    ...["RS1:80", "RS1", "NAME1:80", "NAME1", "SHORT1:80", "SHORT1"].map((name) =>
      inAndOut(name, [name], pair()),
    ),
    inAndOut("another port's file", ["RS1:81"], pair()),
    inAndOut("quiescent=yes", ["RS1"], pair("quiescent=yes")),
    inAndOut("failurecount=3 does not count", ["RS1"], pair("failurecount=3")),
    inAndOut("both, fallback", ["RS1", "RS2"], pair("fallback=SORRY:80")),
    inAndOut(
      "both, quiescent=yes, fallback",
      ["RS1:80", "NAME2"],
      pair("quiescent=yes\n    fallback=SORRY:80"),
    ),
    inAndOut("IPv6 with port", ["[RS1v6]:80"], six),
    inAndOut("IPv6", ["[RS1v6]"], six),
    inAndOut("a server without a port", ["RS1:0"], mark),
    inAndOut("a server of a firewall mark", ["RS1"], mark),
    inAndOut("checktype=on", ["RS1"], "\nvirtual=VIP:80\n    real=RS1:80 masq\n    checktype=on\n"),
    inAndOut("service=none", ["RS1"], "\nvirtual=VIP:80\n    real=RS1:80 masq\n    service=none\n"),
    inAndOut(
      "external",
      ["RS1"],
      "\nvirtual=VIP:80\n    real=RS1:80 masq\n    checktype=external\n",
    ),
    {
      name: "in maintenance from the start",
      file: pair(),
      before: [enter(["RS1"])],
      steps: [{ name: "and out", events: [leave(["RS1"])] }],
    },
    {
      name: "in maintenance from the start, quiescent=yes",
      file: pair("quiescent=yes"),
      before: [enter(["RS1"])],
      steps: [{ name: "and out", events: [leave(["RS1"])] }],
    },
    {
      name: "dead when it comes out of maintenance",
      file: pair(),
      steps: [
        { name: "into maintenance, and dead", events: [enter(["RS1"]), { down: "RS1" }] },
        { name: "and out", events: [leave(["RS1"])] },
        { name: "it returns", events: [{ up: "RS1" }] },
      ],
    },
  ],
};
