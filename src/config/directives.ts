/** How a value is written and read; see values.ts. */
type ValueKind =
  | "positive" // the first run of digits, above 0
  | "digits" // the first run of digits
  | "leading-digits"
  | "yes-no"
  | "quoted" // double quotes are required
  | "unquoted" // one surrounding pair of quotes is taken off
  | "verbatim"
  | "virtual"
  | "real"
  | "fallback"
  | "port"
  | "check-type"
  | "service"
  | "scheduler"
  | "scheduler-flags"
  | "netmask"
  | "protocol"
  | "http-method"
  | "email-address"
  | "email-status"
  | "smtp"
  | "virtualhost"
  | "supervised"
  | "removed"; // the original refuses it and names what took its place

/** One row per directive: what the file may say and where, and the original's words for a bad value. */
export interface Directive {
  readonly name: string;
  /** G: unindented lines. V: in a virtual block. */
  readonly scope: "G" | "V" | "GV";
  readonly kind: ValueKind;
  /** Said of a bad value in global scope and in a block; fatal there. */
  readonly badGlobal?: string;
  readonly badVirtual?: string;
  /** For messages: what a right line looks like. */
  readonly example: string;
  /** The original's warning whenever the directive is used. */
  readonly warning?: string;
}

const bothBad = (text: string) => ({ badGlobal: text, badVirtual: text });
const yesNo = (name: string, scope: Directive["scope"]): Directive => ({
  name,
  scope,
  kind: "yes-no",
  ...bothBad(`${name} must be 'yes' or 'no'`),
  example: `${name}=yes`,
});

const badMethod = "forward method must be gate, masq or ipip";

export const serviceNames: readonly string[] =
  "dns ftp http https http_proxy imap imaps ldap ldaps mysql nntp none oracle pop pops radius pgsql simpletcp sip smtp submission".split(
    " ",
  );

export const checkTypeNames = [
  "connect",
  "negotiate",
  "ping",
  "off",
  "on",
  "external",
  "external-perl",
] as const;

/** What mainline kernels have. Others pass: the kernel decides. */
export const schedulerNames: readonly string[] =
  "rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos".split(" ");

export const forwardingMethods = ["gate", "masq", "ipip"] as const;

export const directives: readonly Directive[] = [
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
  {
    name: "request",
    scope: "V",
    kind: "quoted",
    badVirtual: "no request string specified",
    example: 'request="index.html"',
  },
  {
    name: "receive",
    scope: "V",
    kind: "quoted",
    badVirtual: "invalid receive string",
    example: 'receive="Test Page"',
  },
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
  {
    name: "login",
    scope: "V",
    kind: "quoted",
    badVirtual: "invalid login string",
    example: 'login="monitor"',
  },
  {
    name: "passwd",
    scope: "V",
    kind: "quoted",
    badVirtual: "invalid password",
    example: 'passwd="..."',
  },
  {
    name: "database",
    scope: "V",
    kind: "quoted",
    badVirtual: "invalid database",
    example: 'database="app"',
  },
  {
    name: "secret",
    scope: "V",
    kind: "quoted",
    badVirtual: "invalid secret",
    example: 'secret="..."',
  },
  {
    name: "load",
    scope: "V",
    kind: "quoted",
    badVirtual: "invalid string for load testing",
    example: 'load="1"',
  },
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
];

export type Scope = "G" | "V";

const byName = new Map(directives.map((directive) => [directive.name, directive]));

export const findDirective = (name: string): Directive | undefined => byName.get(name);

export const isIn = (directive: Directive, scope: Scope): boolean =>
  directive.scope.includes(scope);

export const namesIn = (scope: Scope): string[] =>
  directives.filter((d) => isIn(d, scope) && d.kind !== "removed").map((d) => d.name);
