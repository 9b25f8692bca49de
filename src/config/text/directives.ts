import { bothBad, type DirectiveRow, quoted, yesNo } from "./directive-row.ts";

const badMethod = "forward method must be gate, masq or ipip";

const table = [
  {
    name: "checktimeout",
    scope: "GV",
    kind: "positive",
    badGlobal: "invalid check timeout value",
    badVirtual: "invalid check timeout",
    example: "checktimeout=5",
  },
  {
    name: "negotiatetimeout",
    scope: "GV",
    kind: "positive",
    badGlobal: "invalid negotiate timeout value",
    badVirtual: "invalid negotiate timeout",
    example: "negotiatetimeout=30",
  },
  {
    name: "checkinterval",
    scope: "GV",
    kind: "positive",
    badGlobal: "invalid check interval value",
    badVirtual: "invalid checkinterval",
    example: "checkinterval=10",
  },
  {
    name: "checkcount",
    scope: "GV",
    kind: "positive",
    badGlobal: "invalid check count value",
    badVirtual: "invalid check count",
    example: "checkcount=3",
    warning: "checkcount option is deprecated and slated for removal.  please see 'failurecount'",
  },
  {
    name: "failurecount",
    scope: "GV",
    kind: "positive",
    badGlobal: "invalid failure count value",
    badVirtual: "invalid failure count",
    example: "failurecount=3",
  },
  {
    name: "connecttimeout",
    scope: "GV",
    kind: "removed",
    ...bothBad("connecttimeout directive deprecated in favour of negotiatetimeout"),
    example: "negotiatetimeout=5",
  },
  {
    name: "timeout",
    scope: "G",
    kind: "removed",
    badGlobal: "timeout directive deprecated in favour of checktimeout and negotiatetimeout",
    example: "checktimeout=5",
  },
  {
    name: "fallback",
    scope: "GV",
    kind: "fallback",
    ...bothBad(badMethod),
    example: "fallback=127.0.0.1:80 gate",
  },
  {
    name: "fallback6",
    scope: "GV",
    kind: "fallback",
    ...bothBad(badMethod),
    example: "fallback6=[::1]:80 gate",
  },
  {
    name: "fallbackcommand",
    scope: "GV",
    kind: "unquoted",
    ...bothBad("invalid fallback command"),
    example: 'fallbackcommand="/usr/local/bin/sorry"',
  },
  yesNo("quiescent", "GV"),
  yesNo("cleanstop", "GV"),
  {
    name: "emailalert",
    scope: "GV",
    kind: "email-address",
    ...bothBad("no email address specified"),
    example: 'emailalert="admin@example.org"',
  },
  {
    name: "emailalertfreq",
    scope: "GV",
    kind: "leading-digits",
    ...bothBad("invalid email alert frequency"),
    example: "emailalertfreq=3600",
  },
  {
    name: "emailalertstatus",
    scope: "GV",
    kind: "email-status",
    example: "emailalertstatus=all",
  },
  {
    name: "smtp",
    scope: "GV",
    kind: "smtp",
    ...bothBad("invalid SMTP server address"),
    example: "smtp=mail.example.org",
  },

  yesNo("autoreload", "G"),
  { name: "callback", scope: "G", kind: "quoted", example: 'callback="/usr/local/bin/sync"' },
  {
    name: "logfile",
    scope: "G",
    kind: "quoted",
    example: 'logfile="/var/log/ldirectord.log"',
  },
  { name: "execute", scope: "G", kind: "verbatim", example: "execute=other.cf" },
  {
    name: "supervised",
    scope: "G",
    kind: "supervised",
    badGlobal: "supervised must be 'yes' or 'no'",
    example: "supervised=yes",
  },
  yesNo("fork", "G"),
  yesNo("readdquiescent", "G"),
  {
    name: "emailalertfrom",
    scope: "G",
    kind: "verbatim",
    badGlobal: "no email from address specified",
    example: "emailalertfrom=lvs@example.org",
  },
  {
    name: "maintenancedir",
    scope: "G",
    kind: "unquoted",
    badGlobal: "maintenance directory not specified",
    example: "maintenancedir=/etc/ha.d/maintenance",
  },

  {
    name: "virtual",
    scope: "G",
    kind: "virtual",
    badGlobal: "invalid address for virtual server",
    example: "virtual=192.0.2.1:80",
  },
  {
    name: "virtual6",
    scope: "G",
    kind: "virtual",
    badGlobal: "invalid address for virtual server",
    example: "virtual6=[2001:db8::1]:80",
  },
  { name: "real", scope: "V", kind: "real", example: "real=192.0.2.11:80 gate 1" },
  { name: "real6", scope: "V", kind: "real", example: "real6=[2001:db8::11]:80 gate 1" },
  {
    name: "checktype",
    scope: "V",
    kind: "check-type",
    badVirtual:
      'checktype must be "connect", "negotiate", "on", "off", "ping", "external", "external-perl" or a positive number',
    example: "checktype=negotiate",
  },
  {
    name: "service",
    scope: "V",
    kind: "service",
    badVirtual:
      "service must be dns, ftp, http, https, http_proxy, imap, imaps, ldap, ldaps, mysql, nntp, none, oracle, pop, pops, radius, pgsql, simpletcp, sip, smtp or submission",
    example: "service=http",
  },
  {
    name: "checkcommand",
    scope: "V",
    kind: "unquoted",
    badVirtual: "invalid check command",
    example: "checkcommand=/usr/local/bin/check",
  },
  {
    name: "checkport",
    scope: "V",
    kind: "port",
    badVirtual: "checkport must be in range 1..65536",
    example: "checkport=80",
  },
  quoted("request", "no request string specified", 'request="index.html"'),
  quoted("receive", "invalid receive string", 'receive="Test Page"'),
  {
    name: "httpmethod",
    scope: "V",
    kind: "http-method",
    badVirtual: "httpmethod must be GET or HEAD",
    example: "httpmethod=GET",
  },
  {
    name: "virtualhost",
    scope: "V",
    kind: "virtualhost",
    badVirtual: "invalid virtualhost",
    example: "virtualhost=www.example.org",
  },
  quoted("login", "invalid login string", 'login="monitor"'),
  quoted("passwd", "invalid password", 'passwd="..."'),
  quoted("database", "invalid database", 'database="app"'),
  quoted("secret", "invalid secret", 'secret="..."'),
  quoted("load", "invalid string for load testing", 'load="1"'),
  {
    name: "scheduler",
    scope: "V",
    kind: "scheduler",
    badVirtual: "invalid scheduler, should be only lowercase letters (a-z)",
    example: "scheduler=wrr",
  },
  {
    name: "schedflags",
    scope: "V",
    kind: "scheduler-flags",
    badVirtual: "invalid sched-flags",
    example: "schedflags=sh-port",
  },
  {
    name: "persistent",
    scope: "V",
    kind: "digits",
    badVirtual: "invalid persistent timeout",
    example: "persistent=600",
  },
  { name: "netmask", scope: "V", kind: "netmask", example: "netmask=255.255.255.0" },
  {
    name: "protocol",
    scope: "V",
    kind: "protocol",
    badVirtual: "invalid protocol",
    example: "protocol=tcp",
  },
  yesNo("ops", "V"),
  {
    name: "monitorfile",
    scope: "V",
    kind: "unquoted",
    badVirtual: "unable to open monitorfile : No such file or directory",
    example: 'monitorfile="/var/log/ldirectord.monitor"',
  },
  { name: "servicename", scope: "V", kind: "verbatim", example: "servicename=Web site" },
  { name: "comment", scope: "V", kind: "verbatim", example: "comment=Call the web team" },
] as const satisfies readonly DirectiveRow[];

/** Every name that a file may say, so that a slip of ours in one does not compile. */
export type DirectiveName = (typeof table)[number]["name"];
export type Directive = DirectiveRow & { readonly name: DirectiveName };
export const directives: readonly Directive[] = table;

export type Scope = "G" | "V";

const byName = new Map<string, Directive>(
  directives.map((directive) => [directive.name, directive]),
);

export const findDirective = (name: string): Directive | undefined => byName.get(name);

export const isIn = (directive: Directive, scope: Scope): boolean =>
  directive.scope.includes(scope);

export const namesIn = (scope: Scope): string[] =>
  directives.filter((d) => isIn(d, scope) && d.kind !== "removed").map((d) => d.name);
