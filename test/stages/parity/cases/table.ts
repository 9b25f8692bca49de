import type { Case, Difference, Group } from "../case.ts";

/** One virtual service with the directive, and a server that is up. */
const withLine = (line: string, differs?: readonly Difference[]): Case => ({
  name: line.replaceAll(/\s+/g, " "),
  file: `
virtual=VIP:80
    real=RS1:80 masq
    checktype=connect
    ${line}
`,
  ...(differs && { differs }),
});

const withReal = (real: string, differs?: readonly Difference[]): Case => ({
  name: real.replaceAll(/\s+/g, " "),
  file: `
virtual=VIP:80
    ${real}
    checktype=connect
`,
  ...(differs && { differs }),
});

const file = (name: string, text: string, differs?: readonly Difference[]): Case => ({
  name,
  file: `\n${text}\n`,
  ...(differs && { differs }),
});

const schedulers = "rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh".split(" ");

/** It takes away what is not there: "failed" in its log, with a reason that is none. */
const refused: readonly Difference[] = [
  { id: "refused-changes", original: /^system\(\/sbin\/ipvsadm .*\) failed: / },
];

/** What stands in the table after a start: every directive that has a part in it. */
export const table: Group = {
  name: "the table",
  // Without it the original adds and removes each server once more: time, and another group's matter.
  globals: "checkinterval=1\nreaddquiescent=yes\nchecktimeout=8\nnegotiatetimeout=8\n",
  cases: [
    ...schedulers.map((name) => withLine(`scheduler=${name}`)),
    withLine("scheduler=sh\n    schedflags=sh-port"),
    withLine("scheduler=sh\n    schedflags=sh-fallback,sh-port"),
    withLine("scheduler=mh\n    schedflags=mh-port"),
    withLine("scheduler=wrr\n    schedflags=flag-1,flag-3"),
    withLine("scheduler=sh-port"),
    withLine("persistent=300"),
    withLine("persistent=600\n    netmask=255.255.255.0"),
    withLine("netmask=255.255.255.0"),
    withLine("persistent=60 seconds"),
    withLine("protocol=tcp"),
    withLine("protocol=udp\n    ops=yes"),
    withLine("protocol=udp\n    ops=no"),
    withLine("protocol=udp"),
    withLine("ops=yes"),
    withLine("service=none\n    checktype=negotiate"),
    withLine("checktype=on"),
    withLine("checktype=ping"),
    withLine("checktype=connect\n    checkport=81"),
    withLine("servicename=The shop\n    comment=Call somebody"),
    withLine('load="some text"'),
    withReal("real=RS1:80 gate"),
    withReal("real=RS1:80 masq"),
    withReal("real=RS1:80 ipip"),
    withReal("real=RS1:80 gate 7"),
    withReal("real=RS1:80 gate 0"),
    withReal("real=RS1:80 gate 65535"),
    withReal("real=RS1:80 gate -w 7"),
    withReal("real=RS1:80 masq 2 l:5 u:10"),
    withReal("real=RS1:80 masq u:10"),
    withReal("real=RS1:8080 masq"),
    withReal("real=RS1:8080 gate\n    checkport=80", refused),
    withReal("real=RS1:80 masq\n    real=RS1:81 masq"),
    withReal("real=RS1:http masq"),
    withReal("real=NAME1:80 masq"),
    withReal("real = RS1:80 masq"),
    withReal("real=RS1->RS4:80 gate 3"),
    withReal("real=RS1->RS1:80 masq"),
    withReal("real=RS2->RS4:80 ipip\n    real=RS6:80 gate 2"),
    withReal("real=NAME1->NAME3:80 masq"),
    withReal("real=RS1->NAME3:http ipip 2"),
    withReal("real=NAME2:80 masq\n    real=NAME1->RS3:80 masq"),
    withReal("fallback=SORRY:80"),
    withReal("fallback=NAME6:http masq"),
    withReal("fallback=NAME6"),
    file("virtual=host name", "virtual=VIPNAME:80\n    real=RS1:80 masq\n    checktype=connect"),
    file("virtual=service name", "virtual=VIP:http\n    real=RS1:80 masq\n    checktype=connect"),
    file(
      "virtual= text after it",
      "virtual=VIP:80 junk\n    real=RS1:80 masq\n    checktype=connect",
    ),
    file("tabs before lines", "virtual=VIP:80\n\treal=RS1:80 masq\n\tchecktype=connect"),
    file(
      "comments between lines",
      "virtual=VIP:80\n# one\n    # two\n    real=RS1:80 masq # three\n    checktype=connect",
    ),
    file("no servers at all", "virtual=VIP:80\n    checktype=connect"),
    file(
      "no servers, a fallback",
      "virtual=VIP:80\n    fallback=SORRY:80 gate\n    checktype=connect",
    ),
    file("fallback, masq", "virtual=VIP:80\n    fallback=SORRY:8080 masq\n    checktype=connect"),
    file(
      "fallback without a port",
      "virtual=VIP:80\n    fallback=SORRY ipip\n    checktype=connect",
    ),
    file(
      "tcp and udp on one address",
      "virtual=VIP:80\n    real=RS1:80 masq\n    checktype=connect\n\nvirtual=VIP:80\n    real=RS2:80 masq\n    protocol=udp\n    checktype=on",
    ),
    file(
      "two ports of one address",
      "virtual=VIP:80\n    real=RS1:80 masq\n    checktype=connect\n\nvirtual=VIP:81\n    real=RS1:81 masq\n    checktype=connect",
    ),
    file("port 53 is udp", "virtual=VIP:53\n    real=RS1:53 masq\n    checktype=on"),
    file("port domain is udp", "virtual=VIP:domain\n    real=RS1:53 masq\n    checktype=on"),
    file("port 5060 is tcp", "virtual=VIP:5060\n    real=RS1:5060 masq\n    checktype=on"),
    file(
      "a firewall mark",
      "virtual=MARK\n    real=RS1:80 gate 2\n    service=http\n    checktype=connect",
    ),
    file(
      "a firewall mark, protocol=fwm",
      "virtual=MARK\n    real=RS1 gate\n    protocol=fwm\n    service=http\n    persistent=60",
    ),
    file(
      "a firewall mark, servers without a port",
      "virtual=MARK\n    real=RS1 gate\n    real=RS2 masq\n    checktype=connect\n    checkport=80",
    ),
    file("a firewall mark without service", "virtual=MARK\n    real=RS1 gate"),
    file(
      "a firewall mark, its own fallback",
      "virtual=MARK\n    fallback=SORRY:80 gate\n    service=http",
    ),
    file("a firewall mark, range", "virtual=MARK\n    real=RS1->RS3 gate 4\n    service=none"),
    file(
      "an IPv6 service",
      "virtual6=[VIP6]:80\n    real6=[RS1v6]:80 masq 3\n    checktype=connect",
    ),
    file(
      "an IPv6 service, gate",
      "virtual6=[VIP6]:80\n    real6=[RS1v6]:80 gate\n    checktype=connect\n    persistent=300\n    netmask=64",
    ),
    file(
      "an IPv6 service, fallback6",
      "virtual6=[VIP6]:80\n    fallback6=[SORRYv6]:80 gate\n    checktype=connect",
    ),
    file(
      "an IPv6 firewall mark",
      "virtual6=MARK\n    real6=[RS1v6] gate\n    checktype=connect\n    checkport=80",
    ),
    file(
      "an IPv6 service, ipip",
      "virtual6=[VIP6]:80\n    real6=[RS1v6]:80 ipip\n    checktype=connect",
    ),
    file(
      "an IPv6 service by udp",
      "virtual6=[VIP6]:80\n    real6=[RS1v6]:80 masq\n    protocol=udp\n    checktype=on",
    ),
    file(
      "repeated directives: the last counts",
      "virtual=VIP:80\n    real=RS1:80 masq\n    scheduler=rr\n    scheduler=lc\n    checktype=on\n    checktype=connect",
    ),
    file(
      "the same server twice",
      "virtual=VIP:80\n    real=RS1:80 masq 1\n    real=RS1:80 masq 5\n    checktype=connect",
      refused,
    ),
  ],
};
