import type { Case, Difference, Event, Group } from "../case.ts";
import { sharedStop } from "./health.ts";

const service = (lines: string, head = "virtual=VIP:80"): string => `
${head}
    checktype=connect
    ${lines}
`;
const two = "real=RS1:80 masq 2\n    real=RS2:80 masq";

/** One edit, and the file as it was again. */
const edit = (
  name: string,
  from: string,
  to: string,
  more: { readonly before?: readonly Event[]; readonly differs?: readonly Difference[] } = {},
): Case => ({
  name,
  file: from,
  steps: [
    { name: "edited", edit: to },
    { name: "as it was", edit: from },
  ],
  ...more,
});

const line = (from: string, to: string): Case =>
  edit(
    `${from || "(nothing)"} → ${to || "(nothing)"}`.replaceAll(/\s+/g, " "),
    service(`${two}\n    ${from}`),
    service(`${two}\n    ${to}`),
  );
const real = (from: string, to: string): Case =>
  edit(`${from} → ${to}`, service(from), service(to));

const deadOne = { before: [{ down: "RS1" }] };
const deadBoth = { before: [{ down: "RS1" }, { down: "RS2" }] };

export const reload: Group = {
  name: "reloads",
  // Without it the original adds and removes each server once more at the start: much time.
  globals: "checkinterval=1\nchecktimeout=8\nreaddquiescent=yes\n",
  cases: [
    real("real=RS1:80 masq 2", "real=RS1:80 masq 5"),
    real("real=RS1:80 masq 2", "real=RS1:80 masq 0"),
    real("real=RS1:80 masq", "real=RS1:80 gate"),
    real("real=RS1:80 gate", "real=RS1:80 ipip 3"),
    real("real=RS1:80 masq", "real=RS1:80 masq l:5 u:10"),
    real("real=RS1:80 masq", "real=RS1:8080 masq"),
    real("real=RS1->RS2:80 gate", "real=RS1->RS4:80 gate"),
    real("real=RS1:80 masq", "real=RS2:80 masq"),
    edit("a server more", service("real=RS1:80 masq"), service(two)),
    edit("no server left", service(two), service("")),
    edit(
      "no server left, fallback",
      service(`${two}\n    fallback=SORRY:80`),
      service("fallback=SORRY:80"),
    ),
    line("scheduler=rr", "scheduler=lc"),
    line("", "scheduler=sh"),
    line("scheduler=sh", "scheduler=sh\n    schedflags=sh-port"),
    line("", "persistent=300"),
    line("persistent=300", "persistent=600"),
    line("persistent=300", "persistent=300\n    netmask=255.255.255.0"),
    line("", "fallback=SORRY:80"),
    line("", "checktype=on"),
    line("", "checkport=81"),
    line("", "failurecount=4"),
    line("", "cleanstop=no"),
    line("", "quiescent=yes"),
    line("", "checktype=negotiate\n    service=none"),
    edit("tcp → udp", service(two), service(`${two}\n    protocol=udp`)),
    edit(
      "udp, ops=no → yes",
      service(`${two}\n    protocol=udp`),
      service(`${two}\n    protocol=udp\n    ops=yes`),
    ),
    edit("another port", service(two), service(two, "virtual=VIP:81")),
    edit("a virtual service goes and comes back", service(two), ""),
    edit("a virtual service comes and goes", "", service(two)),
    edit(
      "a virtual service more",
      service(two),
      `${service(two)}\n${service(two, "virtual=VIP:81")}`,
    ),
    edit(
      "two change places",
      `${service(two)}\n${service(two, "virtual=VIP:81")}`,
      `${service(two, "virtual=VIP:81")}\n${service(two)}`,
      { differs: [sharedStop] },
    ),
    edit("a firewall mark goes and comes back", service("real=RS1:80 gate", "virtual=MARK"), ""),
    edit(
      "another firewall mark",
      service("real=RS1:80 gate", "virtual=MARK"),
      service("real=RS1:80 gate", "virtual=MARK2"),
    ),
    edit(
      "address → firewall mark",
      service("real=RS1:80 gate"),
      service("real=RS1:80 gate", "virtual=MARK"),
    ),
    edit(
      "an IPv6 server's weight",
      service("real6=[RS1v6]:80 masq", "virtual6=[VIP6]:80"),
      service("real6=[RS1v6]:80 masq 4", "virtual6=[VIP6]:80"),
    ),
    edit(
      "an IPv6 service goes and comes back",
      service("real6=[RS1v6]:80 masq", "virtual6=[VIP6]:80"),
      "",
    ),
    edit("nothing changed", service(two), service(two)),
    edit(
      "http, another request",
      '\nvirtual=VIP:80\n    real=RS1:80 masq\n    request="/one"\n',
      '\nvirtual=VIP:80\n    real=RS1:80 masq\n    request="/two"\n',
    ),
    edit(
      "http, another host",
      "\nvirtual=VIP:80\n    real=RS1:80 masq\n    virtualhost=a.example\n",
      "\nvirtual=VIP:80\n    real=RS1:80 masq\n    virtualhost=b.example\n",
    ),
    edit(
      "http, a receive that does not fit",
      '\nvirtual=VIP:80\n    real=RS1:80 masq\n    receive="Welcome"\n',
      '\nvirtual=VIP:80\n    real=RS1:80 masq\n    receive="Goodbye"\n',
    ),
  ],
};

export const reloadOfDead: Group = {
  name: "reloads with dead servers",
  globals: "checkinterval=1\nchecktimeout=8\n",
  cases: [
    edit(
      "a dead server's weight",
      service(two),
      service("real=RS1:80 masq 7\n    real=RS2:80 masq"),
      deadOne,
    ),
    edit(
      "a dead server's weight, quiescent=yes",
      service(`${two}\n    quiescent=yes`),
      service("real=RS1:80 masq 7\n    real=RS2:80 masq\n    quiescent=yes"),
      deadOne,
    ),
    edit("a dead server goes", service(two), service("real=RS2:80 masq"), deadOne),
    edit(
      "a dead server goes, quiescent=yes",
      service(`${two}\n    quiescent=yes`),
      service("real=RS2:80 masq\n    quiescent=yes"),
      deadOne,
    ),
    edit(
      "a dead server, quiescent=no → yes",
      service(two),
      service(`${two}\n    quiescent=yes`),
      deadOne,
    ),
    edit(
      "all dead, a fallback comes",
      service(two),
      service(`${two}\n    fallback=SORRY:80`),
      deadBoth,
    ),
    edit(
      "all dead, another fallback",
      service(`${two}\n    fallback=SORRY:80`),
      service(`${two}\n    fallback=RS7:80`),
      deadBoth,
    ),
    edit(
      "all dead, the fallback's method",
      service(`${two}\n    fallback=SORRY:80`),
      service(`${two}\n    fallback=SORRY:80 masq`),
      deadBoth,
    ),
    edit(
      "nothing changed, all dead, fallback",
      service(`${two}\n    fallback=SORRY:80`),
      service(`${two}\n    fallback=SORRY:80`),
      deadBoth,
    ),
  ],
};
