import type { Readings } from "../reading.ts";
import {
  accepted,
  fine,
  fineInside,
  fineInsideOf,
  global,
  inside,
  insideOf,
  masked,
  perl,
  refused,
  unresolved,
  wrong,
} from "./words.ts";

const numbers = ["checktimeout", "negotiatetimeout", "checkinterval", "failurecount"];
const yesNoOfAll = ["autoreload", "fork", "quiescent", "readdquiescent", "cleanstop"];
const strings = ["request", "receive", "login", "database", "load"];
const secrets = ["passwd", "secret"];
const six = "virtual6=[VIP6]:80";
const wrongLines = (name: string, ...values: string[]) =>
  values.map((value) => wrong(global(`${name}=${value}`)));
const wrongInside = (name: string, ...values: string[]) =>
  values.map((value) => wrong(inside(`${name}=${value}`)));
const all = (name: string, ...values: string[]) => values.map((value) => `${name}=${value}`);

export const globalValues: Readings = {
  name: "values for all services",
  readings: [
    ...numbers.flatMap((name) => wrongLines(name, "abc", "0")),
    ...wrongLines("checktimeout", ""),
    ...wrongLines("checkcount", "abc", "0"),
    fine("numbers", ...numbers.flatMap((name) => all(name, "-5", "2.5", "5s")), "checkcount=3"),
    ...["connecttimeout=5", "timeout=5"].map((line) => wrong(global(line))),
    ...yesNoOfAll.flatMap((name) => wrongLines(name, "maybe")),
    ...wrongLines("quiescent", "", "Yes", '"yes"', "1", "'no'"),
    fine("yes and no", ...yesNoOfAll.map((name) => `${name}=no`)),
    ...["supervised=maybe", "supervisedly", "supervised yes"].map((line) => wrong(global(line))),
    fine("supervised=no", "supervised=no"),
    ...wrongLines(
      "logfile",
      "/var/log/x.log",
      "'/var/log/x.log'",
      '"/nowhere/x.log"',
      '"/srv"',
      "",
    ),
    global('logfile=""', perl),
    fine("logfile, text behind it", 'logfile="/var/log/x.log" and more'),
    ...wrongLines("callback", "/srv/callback", "", "'/srv/callback'"),
    fine("callback", 'callback=""', 'callback="/srv/missing"', 'callback="/srv/a b"'),
    fine("execute=", "execute="),
    ...wrongLines("emailalert", "", '""'),
    ...wrongLines("emailalertfrom", ""),
    ...wrongLines("emailalertfreq", "abc", "-1", ""),
    ...wrongLines("emailalertstatus", "sometimes", "none,running", "all,none", "running stopping"),
    ...wrongLines("smtp", "", "!mail", "[::1]", '"mail"'),
    fine(
      "mail",
      'emailalert="a@b.example", "c@d.example"',
      ...all("emailalertfreq", "0", "5x", "3600"),
      ...all("emailalertstatus", "all", "none", "", "starting,stopping", "starting, running"),
      "emailalertstatus=running,running",
      ...all("smtp", "mail.example.org", "mail.example.org:25"),
    ),
    ...wrongLines("maintenancedir", ""),
    fine("maintenancedir=/nowhere", "maintenancedir=/nowhere"),
    fine("maintenancedir=/srv/maintenance", "maintenancedir=/srv/maintenance"),
    ...wrongLines("fallbackcommand", ""),
    fine('fallbackcommand=""', 'fallbackcommand=""'),
    ...wrongLines("fallback", "127.0.0.1:80 nat", "127.0.0.1:80 Gate"),
    global("fallback=host.invalid:80", unresolved),
    ...wrongLines("fallback", "127.0.0.1:nosuch", "127.0.0.1:99999", "[::1]:80", "-"),
    ...wrongLines("fallback", "127.0.0.1:80 gate 5"),
    fine("fallback", ...all("fallback", "", "127.0.0.1", "127.0.0.1:80", "NAME1:80 ipip")),
    // Its protocol is any, and there is no http by udp.
    global("fallback=127.0.0.1:http masq", accepted),
    ...wrongLines("fallback6", "127.0.0.1:80", "::1", "[::1]:80 nat", "[::x]:80"),
    ...wrongLines("fallback6", "[::1]:nosuch"),
    fine("fallback6", ...all("fallback6", "", "[::1]:80", "[::1]", "[::1]:domain masq")),
  ],
};

export const serviceValues: Readings = {
  name: "values of a service",
  readings: [
    ...numbers.flatMap((name) => wrongInside(name, "abc", "0")),
    ...wrongInside("checkinterval", ""),
    ...wrongInside("checkcount", "abc", "0"),
    fineInside(
      "numbers of a service",
      ...["checktimeout=-5", "negotiatetimeout=2.5", "failurecount=5s", "checkcount=3"],
    ),
    inside("checkinterval=3", {
      id: "own-interval",
      original: /^Warning \[PID\]: checkinterval in virtual service .* ignored/,
    }),
    ...["connecttimeout=5", "timeout=5"].map((line) => wrong(inside(line))),
    ...["quiescent", "cleanstop", "ops"].flatMap((name) => wrongInside(name, "maybe")),
    ...wrongInside("ops", "", "Yes", '"yes"'),
    fineInside("yes and no of a service", "quiescent=no", "cleanstop=no", "ops=no"),
    ...wrongInside("checktype", "often", "", "Connect"),
    fineInside(
      "checktypes",
      ...all("checktype", "connect2", '"connect"', "0", "external-perl", "off", '"connect'),
    ),
    ...wrongInside("service", "telnet", "HTTP", "", "http2"),
    fineInside(
      "services",
      ...all("service", "http and more", "dns", "submission", "none", '"http'),
    ),
    ...wrongInside("checkport", "abc", "0", "65536", "65537", "99999", "", "http"),
    fineInside("checkports", ...all("checkport", "65535", "-1", "80x")),
    ...strings.flatMap((name) => wrongInside(name, "some text", '""')),
    ...secrets.flatMap((name) => [
      wrong(inside(`${name}=some text`, masked)),
      wrong(inside(`${name}=""`)),
    ]),
    ...wrongInside("request", "'text'", '"text', ""),
    ...wrongInside("load", '"---"'),
    fineInside(
      "strings",
      ...[...strings, ...secrets].flatMap((name) => [
        `${name}="text" and more`,
        `${name} = "te"xt"`,
      ]),
      ...['receive="a\\"b"', 'request="a b"', 'receive="(?i)welcome"', 'receive="["'],
    ),
    inside('real=RS1:80 masq\n    checktype=negotiate\n    receive="["', refused),
    inside('real=RS1:80 masq\n    checktype=negotiate\n    receive="(unclosed"', refused),
    fineInside(
      "virtualhosts",
      ...all("virtualhost", "www.example.org", '"www.example.org" x', '" "', "", '""'),
    ),
    ...wrongInside("httpmethod", "PUT", ""),
    fineInside("methods", ...all("httpmethod", "get", "HEAD x", '"GET"')),
    ...wrongInside("checkcommand", "", '""'),
    ...wrongInside("fallbackcommand", "", '""'),
    ...wrongInside("scheduler", "123", "", "RR", "-"),
    fineInside("schedulers", ...all("scheduler", '"rr"', "wrr x", "Wrr")),
    ...wrongInside("schedflags", ""),
    ...wrongInside("persistent", "abc", "", '"x"'),
    fineInside("persistence", ...all("persistent", "300s", "-5")),
    ...wrongInside("netmask", "24", "255.255.255", "", "255.255.255.0 x", "/24", "ffff::"),
    ...["0", "129", "255.255.255.0", "", "abc", "/64"].map((value) =>
      wrong(insideOf(six, `netmask=${value}`)),
    ),
    fineInsideOf("netmasks of IPv6", "virtual6=[VIP6]", all("netmask", "1", "128")),
    ...wrongInside("protocol", "sctp", "", "TCP", "fwm", "udpx"),
    fineInside("protocols", ...all("protocol", "tcp", "udp", "udp and more")),
    ...["tcp", "udp", "", "mark"].map((value) =>
      wrong(insideOf("virtual=MARK", `protocol=${value}`)),
    ),
    insideOf("virtual=MARK", "protocol=fwm"),
    ...wrongInside("monitorfile", "/nowhere/x.mon", "/srv", "", '""'),
    fineInside(
      "words for people",
      ...['monitorfile="/srv/x.mon"', "servicename=", "comment=", "servicename=A B"],
      'comment="Call us"',
    ),
    ...wrongInside("emailalert", "", '""'),
    ...["emailalertfreq=abc", "smtp=", "smtp=!mail", "emailalertstatus=sometimes"].map((line) =>
      wrong(inside(line)),
    ),
    ...wrongInside("emailalertstatus", "none,all"),
    fineInside(
      "mail of a service",
      ...["emailalertstatus=none", "emailalertfreq=0", "emailalertstatus=", "smtp=mail.example"],
      "emailalert=a@b.example",
    ),
  ],
};
