import type { Case, Difference, Event, Group, Step } from "../case.ts";

const step = (name: string, ...events: Event[]): Step => ({ name, events });
const dies = (server: string): Step => step(`${server} dies`, { down: server });
const returns = (server: string): Step => step(`${server} returns`, { up: server });
const diesAndReturns = [dies("RS1"), returns("RS1")];
const allDieAndReturn = [
  step("all die", { down: "RS1" }, { down: "RS2" }),
  step("all return", { up: "RS1" }, { up: "RS2" }),
];

/** Two servers that are asked by connecting. */
const pair = (lines: string, virtual = "virtual=VIP:80"): string => `
${virtual}
    real=RS1:80 masq 2
    real=RS2:80 masq
    checktype=connect
    ${lines}
`;
/** One web server. */
const web = (lines: string, real = "real=RS1:80 masq"): string => `
virtual=VIP:80
    ${real}
    ${lines}
`;

const it = (
  name: string,
  file: string,
  steps: readonly Step[] = diesAndReturns,
  more: { readonly before?: readonly Event[]; readonly differs?: readonly Difference[] } = {},
): Case => ({ name, file, steps, ...more });

const badPage = step("RS1 has an error", { page: ["RS1", 500, "sorry"] });
const goodPage = step("RS1 is well again", { page: ["RS1", 200, "Welcome"] });
const errorAndBack = [badPage, goodPage];

const refused: Difference = {
  id: "refused-changes",
  original: /^system\(\/sbin\/ipvsadm .*\) failed: /,
};

/** Without address translation the port is the service's: the original adds what is there, and is refused. */
const mappedPort: Difference = {
  id: "mapped-port",
  original: /gate weight 0 |^Added real server: /,
  ours: /gate weight 3 |^(Quiescent|Restored) real server: /,
};

/** The original counts a server once, whoever shares it. */
export const sharedStop: Difference = { id: "shared-stop", ours: /:81: gone$/ };

export const health: Group = {
  name: "servers come and go",
  globals: "checkinterval=1\nchecktimeout=8\nnegotiatetimeout=8\n",
  cases: [
    it("quiescent unset", pair("")),
    it("quiescent=no", pair("quiescent=no")),
    it("quiescent=yes", pair("quiescent=yes")),
    it("all die, no fallback", pair(""), allDieAndReturn),
    it("all die, fallback", pair("fallback=SORRY:80 gate"), allDieAndReturn),
    it(
      "all die, quiescent=yes, fallback",
      pair("quiescent=yes\n    fallback=SORRY:80"),
      allDieAndReturn,
    ),
    it("one of two dies, fallback stays out", pair("fallback=SORRY:80 gate")),
    it(
      "gate to another port",
      web("checktype=connect", "real=RS1:8080 gate 3"),
      [step("it dies", { down: "RS1:8080" }), step("it returns", { up: "RS1:8080" })],
      { differs: [refused] },
    ),
    it(
      "gate to another port, quiescent=yes",
      web("checktype=connect\n    quiescent=yes", "real=RS1:8080 gate 3"),
      [step("it dies", { down: "RS1:8080" }), step("it returns", { up: "RS1:8080" })],
      { differs: [refused, mappedPort] },
    ),
    it("masq to another port", web("checktype=connect", "real=RS1:8080 masq 3"), [
      step("it dies", { down: "RS1:8080" }),
      step("it returns", { up: "RS1:8080" }),
    ]),
    it("checkport: only that port counts", web("checktype=connect\n    checkport=81"), [
      step("the service's own port", { down: "RS1" }),
      step("the port that is checked", { down: "RS1:81" }),
      step("it returns", { up: "RS1:81" }),
    ]),
    it("failurecount=3, for good", pair("failurecount=3"), [
      { name: "RS1 dies", events: [{ down: "RS1" }], rounds: 5 },
      returns("RS1"),
    ]),
    it("failurecount=3, two failures", web("failurecount=3"), [
      { name: "two bad answers", events: [{ fail: ["RS1", 2] }], rounds: 4 },
    ]),
    it("failurecount=2, quiescent=yes", pair("failurecount=2\n    quiescent=yes"), [
      { name: "RS1 dies", events: [{ down: "RS1" }], rounds: 4 },
      returns("RS1"),
    ]),
    it(
      "weight 0 is up, and keeps the fallback out",
      web("checktype=connect\n    fallback=SORRY:80", "real=RS1:80 masq 0"),
    ),
    it(
      "weight 0, quiescent=yes",
      web("checktype=connect\n    quiescent=yes", "real=RS1:80 masq 0"),
    ),
    it("thresholds, quiescent=no", web("checktype=connect", "real=RS1:80 masq 2 l:5 u:10")),
    it(
      "thresholds, quiescent=yes",
      web("checktype=connect\n    quiescent=yes", "real=RS1:80 masq 2 l:5 u:10"),
      diesAndReturns,
      {
        differs: [
          {
            id: "quiesced-thresholds",
            original: /weight 0 upper 0 lower 0/,
            ours: /weight 0 upper 10 lower 5/,
          },
        ],
      },
    ),
    it(
      "two services, one server",
      `${pair("")}\n${pair("quiescent=yes", "virtual=VIP:81")}`,
      diesAndReturns,
      {
        differs: [
          { id: "shared-failures", ours: /^Resetting soft failure count: .*:81\)/ },
          sharedStop,
        ],
      },
    ),
    it(
      "IPv6",
      "\nvirtual6=[VIP6]:80\n    real6=[RS1v6]:80 masq 2\n    checktype=connect\n    fallback6=[SORRYv6]:80\n",
      [step("it dies", { down: "[RS1v6]:80" }), step("it returns", { up: "[RS1v6]:80" })],
    ),
    it(
      "IPv6, quiescent=yes",
      "\nvirtual6=[VIP6]:80\n    real6=[RS1v6]:80 gate 2\n    checktype=connect\n    quiescent=yes\n",
      [step("it dies", { down: "[RS1v6]:80" }), step("it returns", { up: "[RS1v6]:80" })],
    ),
    it(
      "a firewall mark",
      pair("service=http\n    fallback=SORRY:80", "virtual=MARK"),
      allDieAndReturn,
    ),
    it("a firewall mark, quiescent=yes", pair("quiescent=yes", "virtual=MARK")),
    it(
      "an IPv6 firewall mark",
      "\nvirtual6=MARK\n    real6=[RS1v6]:80 gate 2\n    checktype=connect\n",
      [step("it dies", { down: "[RS1v6]:80" }), step("it returns", { up: "[RS1v6]:80" })],
    ),
    it("a range", "\nvirtual=VIP:80\n    real=RS1->RS3:80 gate 2\n    checktype=connect\n", [
      dies("RS2"),
      returns("RS2"),
    ]),
    it("the fallback is one of the servers", pair("fallback=RS2:80 masq"), allDieAndReturn, {
      differs: [{ id: "fallback-is-real", original: /\.2:80\b/, ours: /\.2:80\b/ }],
    }),
    it("dead from the start", pair(""), [returns("RS1")], { before: [{ down: "RS1" }] }),
    it("dead from the start, quiescent=yes", pair("quiescent=yes"), [returns("RS1")], {
      before: [{ down: "RS1" }],
    }),
    it("all dead from the start, fallback", pair("fallback=SORRY:80"), [returns("RS1")], {
      before: [{ down: "RS1" }, { down: "RS2" }],
    }),
    it("all dead from the start, no fallback", pair(""), [returns("RS1")], {
      before: [{ down: "RS1" }, { down: "RS2" }],
    }),
    it("checktype=on, though it is dead", web("checktype=on"), [dies("RS1")]),
    it("checktype=off", web("checktype=off\n    fallback=SORRY:80"), [dies("RS1")]),
    it(
      "checktype=ping",
      "\nvirtual=VIP:80\n    real=RS1:80 masq\n    real=BLACK:80 masq\n    checktype=ping\n    checktimeout=1\n",
      [],
    ),
    it("checktype=ping, checkcount=2", web("checktype=ping\n    checkcount=2"), [dies("RS1")]),
    it("connect by udp is a ping", web("checktype=connect\n    protocol=udp"), [dies("RS1")]),
    it("service=none is always up", web("service=none"), [dies("RS1")]),
    it("cleanstop=no", pair("cleanstop=no\n    fallback=SORRY:80"), allDieAndReturn),
    it("cleanstop=no, dead at the stop", pair("cleanstop=no\n    quiescent=yes"), [dies("RS1")]),
    it(
      "cleanstop=no, fallback in at the stop",
      pair("cleanstop=no\n    fallback=SORRY:80"),
      allDieAndReturn.slice(0, 1),
    ),
    it(
      "cleanstop=yes, fallback in at the stop",
      pair("fallback=SORRY:80"),
      allDieAndReturn.slice(0, 1),
    ),
  ],
};

const http = (
  name: string,
  lines: string,
  steps: readonly Step[] = errorAndBack,
  differs?: readonly Difference[],
  real?: string,
): Case => it(name, web(lines, real), steps, differs && { differs });

/** What web servers are asked, what counts, and programs that are asked in their place. */
export const checks: Group = {
  name: "checks",
  globals: "checkinterval=1\nchecktimeout=8\nnegotiatetimeout=8\n",
  cases: [
    http("http, nothing said", ""),
    http("http, request", 'request="/alive"'),
    http("http, request without a slash", 'request="alive.html"'),
    http("http, request with a query", 'request="/alive?a=1&b=2"'),
    http("http, request with a blank", 'request="/a page"'),
    http("http, receive fits", 'request="/"\n    receive="Wel.*e"'),
    http("http, receive does not fit", 'request="/"\n    receive="^elcome"', [
      step("another page", { page: ["RS1", 200, "elcome home"] }),
    ]),
    http("http, receive, page with an error's status", 'receive="Welcome"', [
      step("the status alone is wrong", { page: ["RS1", 503, "Welcome"] }),
      goodPage,
    ]),
    http("http, 204", "", [step("no content", { page: ["RS1", 204, ""] })]),
    http("http, 404", "", [step("not found", { page: ["RS1", 404, "Welcome"] }), goodPage]),
    http("http, virtualhost", "virtualhost=www.example.org"),
    http("http, virtualhost in quotes", 'virtualhost="www.example.org"'),
    http("http, virtualhost with a port", "virtualhost=www.example.org:8080"),
    http("http, httpmethod=HEAD", "httpmethod=HEAD"),
    http("http, httpmethod=head", "httpmethod=head"),
    http("http, httpmethod=GET", "httpmethod=GET"),
    http("http, checkport", "checkport=8080"),
    http("http, its own negotiatetimeout", "negotiatetimeout=7"),
    http(
      "http on another port, service=http",
      "service=http",
      errorAndBack,
      undefined,
      "real=RS1:8080 masq",
    ),
    http(
      "http, a server's own request",
      'request="/all"',
      errorAndBack,
      undefined,
      'real=RS1:80 masq 2 "own.html", "Wel"',
    ),
    http(
      "http, a server's own request without a comma",
      'request="/all"',
      errorAndBack,
      undefined,
      'real=RS1:80 masq "own.html" "Wel"',
    ),
    http(
      "http, a server's own request with a slash",
      'request="/all"',
      errorAndBack,
      [{ id: "own-request", original: /GET \/all /, ours: /GET \/own / }],
      'real=RS1:80 masq "/own", "Wel"',
    ),
    http("http, a mark with service=http", "", errorAndBack),
    http("http, quiescent=yes, fallback", "quiescent=yes\n    fallback=SORRY:80"),
    http("checktype=2", "checktype=2", diesAndReturns),
    http("checktype=0", "checktype=0"),
    http("checktype=3, the page goes bad", "checktype=3", [{ ...badPage, rounds: 6 }, goodPage]),
    http(
      "simpletcp",
      'service=simpletcp\n    request="GET / HTTP/1.0\\n\\n"\n    receive="Welcome"',
      errorAndBack,
    ),
    http("smtp", "service=smtp\n    checkport=25", [
      step("it dies", { down: "RS1:25" }),
      step("it returns", { up: "RS1:25" }),
    ]),
    it("port 25 is smtp", "\nvirtual=VIP:25\n    real=RS1:25 masq\n", [
      step("it dies", { down: "RS1:25" }),
      step("it returns", { up: "RS1:25" }),
    ]),
    it("external", web("checktype=external\n    checkcommand=/srv/check"), [
      step("the program says no", { hand: "touch /srv/bad-RS1" }),
      step("and yes", { hand: "rm /srv/bad-RS1" }),
    ]),
    it("external, quotes", web('checktype=external\n    checkcommand="/srv/check"'), [
      step("the program says no", { hand: "touch /srv/bad-RS1" }),
    ]),
    it(
      "external, IPv6",
      "\nvirtual6=[VIP6]:80\n    real6=[RS1v6]:80 masq\n    checktype=external\n    checkcommand=/srv/check\n",
      [],
    ),
    it(
      "external, a firewall mark",
      "\nvirtual=MARK\n    real=RS1:80 gate\n    checktype=external\n    checkcommand=/srv/check\n",
      [],
    ),
    it(
      "external, killed by a signal",
      web("checktype=external\n    checkcommand=/srv/killed"),
      [],
      {
        differs: [{ id: "killed-check", original: /weight 1|: gone$/ }],
      },
    ),
    it("external, no such program", web("checktype=external\n    checkcommand=/srv/missing"), [], {
      differs: [
        { id: "missing-program", original: /Exiting with exit_status 127/, ours: /missing/ },
      ],
    }),
    it("external, the default program", web("checktype=external"), []),
    it("external-perl", web("checktype=external-perl\n    checkcommand=/srv/check.pl"), [
      step("the program says no", { hand: "touch /srv/bad-RS1" }),
      step("and yes", { hand: "rm /srv/bad-RS1" }),
    ]),
    it("fallbackcommand", pair("fallbackcommand=/srv/fallback"), allDieAndReturn),
    it(
      "fallbackcommand with an argument",
      pair("fallbackcommand=/srv/fallback page"),
      allDieAndReturn,
    ),
    it(
      "fallbackcommand and fallback",
      pair('fallbackcommand="/srv/fallback"\n    fallback=SORRY:80'),
      allDieAndReturn,
    ),
    it(
      "fallbackcommand of a udp service",
      pair(
        "fallbackcommand=/srv/fallback\n    protocol=udp\n    checktype=external\n    checkcommand=/srv/check",
      ),
      [
        step("all die", { hand: "touch /srv/bad-RS1 /srv/bad-RS2" }),
        step("all return", { hand: "rm /srv/bad-RS1 /srv/bad-RS2" }),
      ],
    ),
    it(
      "fallbackcommand, IPv6",
      "\nvirtual6=[VIP6]:80\n    real6=[RS1v6]:80 masq\n    checktype=connect\n    fallbackcommand=/srv/fallback\n",
      [step("it dies", { down: "[RS1v6]:80" })],
    ),
  ],
};

/** With readdquiescent=yes there is no coming and going at the start. */
export const readd: Group = {
  name: "readdquiescent=yes",
  globals:
    "checkinterval=1\nchecktimeout=8\nreaddquiescent=yes\nquiescent=yes\nfailurecount=2\nfallback=SORRYALL:80\n",
  cases: [
    it("dead from the start", pair(""), [returns("RS1")], { before: [{ down: "RS1" }] }),
    it("dead from the start, quiescent=no", pair("quiescent=no"), [returns("RS1")], {
      before: [{ down: "RS1" }],
    }),
    it("global quiescent=yes", pair(""), [{ ...dies("RS1"), rounds: 4 }, returns("RS1")]),
    it("global quiescent=yes, quiescent=no", pair("quiescent=no"), [
      { ...dies("RS1"), rounds: 4 },
      returns("RS1"),
    ]),
    it("global failurecount=2, failurecount=1", pair("failurecount=1")),
    it("global fallback", pair(""), [
      { ...allDieAndReturn[0], name: "all die", rounds: 4 },
      returns("RS1"),
    ]),
    it("global fallback and its own", pair("fallback=SORRY:81"), [
      { ...allDieAndReturn[0], name: "all die", rounds: 4 },
      returns("RS1"),
    ]),
    it("global fallback, service on another port", pair("", "virtual=VIP:8080"), [
      { ...allDieAndReturn[0], name: "all die", rounds: 4 },
    ]),
    it(
      "global fallback, a firewall mark",
      pair("", "virtual=MARK"),
      [{ ...allDieAndReturn[0], name: "all die", rounds: 4 }, returns("RS1")],
      {
        differs: [{ id: "global-fallback-mark", original: /:0( |\))/, ours: /10\.31\.255\.253/ }],
      },
    ),
    it("a firewall mark, quiescent", pair("fallback=SORRY:80", "virtual=MARK"), [
      { ...allDieAndReturn[0], name: "all die", rounds: 4 },
      returns("RS1"),
    ]),
  ],
};

/** Each virtual service has a process of its own there; nothing else is different. */
export const fork: Group = {
  name: "fork=yes",
  globals: "checkinterval=1\nchecktimeout=8\nfork=yes\n",
  differs: [{ id: "fork", original: /^(Child not running|Spawned child|Killing child) / }],
  cases: [
    it(
      "quiescent=no",
      pair(""),
      diesAndReturns.map((it) => ({ ...it, rounds: 4 })),
    ),
    it(
      "quiescent=yes",
      pair("quiescent=yes"),
      diesAndReturns.map((it) => ({ ...it, rounds: 4 })),
    ),
    it(
      "its own checkinterval",
      pair("checkinterval=2"),
      diesAndReturns.map((it) => ({ ...it, rounds: 5 })),
    ),
  ],
};

/** Said once for all; the services below say otherwise, or nothing. */
export const globals: Group = {
  name: "said for all",
  globals: [
    "checkinterval=1\nchecktimeout=8\ncleanstop=no\nfallbackcommand=/srv/fallback",
    "fallback6=[SORRYALL6]:80 gate\nquiescent=yes\n",
  ].join("\n"),
  cases: [
    it("nothing", pair(""), allDieAndReturn),
    it("cleanstop=yes", pair("cleanstop=yes")),
    it("quiescent=no", pair("quiescent=no"), allDieAndReturn),
    it("its own fallbackcommand", pair("fallbackcommand=/srv/callback"), allDieAndReturn),
    it("a firewall mark and fallbackcommand", pair("", "virtual=MARK"), allDieAndReturn),
    it("IPv6", "\nvirtual6=[VIP6]:80\n    real6=[RS1v6]:80 masq 2\n    checktype=connect\n", [
      step("it dies", { down: "[RS1v6]:80" }),
      step("it returns", { up: "[RS1v6]:80" }),
    ]),
  ],
};
