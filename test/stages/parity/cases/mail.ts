import type { Case, Group, Step } from "../case.ts";
import { mailServer } from "../places.ts";

const diesAndReturns: readonly Step[] = [
  { name: "RS1 dies", events: [{ down: "RS1" }] },
  { name: "RS1 returns", events: [{ up: "RS1" }] },
];

const mail = (name: string, lines: string, steps = diesAndReturns): Case => ({
  name,
  file: `
virtual=VIP:80
    real=RS1:80 masq
    checktype=connect
    ${lines}
`,
  steps,
});

const monitored = (name: string, lines: string, steps: readonly Step[] = diesAndReturns): Case => ({
  name: `monitorfile, ${name}`,
  file: `
virtual=VIP:80
    real=RS1:80 masq 3
    monitorfile=/srv/monitor.VIP
    ${lines}
`,
  steps,
});

/** The mail server of the rig stands at SMTPHOST. */
export const mailGroup: Group = {
  name: "mail and monitorfile",
  globals: [
    "checkinterval=1\nchecktimeout=8\nnegotiatetimeout=8",
    "smtp=SMTPHOST\nemailalertfrom=lvs@example.org\nemailalertstatus=running\n",
  ].join("\n"),
  cases: [
    mail("nobody is told", ""),
    mail("emailalert", "emailalert=ops@example.org"),
    mail("emailalert in quotes", 'emailalert="ops@example.org"'),
    mail("quiescent=yes", "emailalert=ops@example.org\n    quiescent=yes"),
    mail("fallback", "emailalert=ops@example.org\n    fallback=SORRY:80"),
    mail("servicename", "emailalert=ops@example.org\n    servicename=The shop"),
    mail("comment", "emailalert=ops@example.org\n    comment=Call somebody"),
    mail("both", "emailalert=ops@example.org\n    servicename=The shop\n    comment=Call somebody"),
    mail("emailalertstatus=none", "emailalert=ops@example.org\n    emailalertstatus=none"),
    mail("emailalertstatus=stopping", "emailalert=ops@example.org\n    emailalertstatus=stopping"),
    mail(
      "emailalertstatus=running,stopping",
      "emailalert=ops@example.org\n    emailalertstatus=running,stopping",
    ),
    mail("emailalertfreq=1: reminders", "emailalert=ops@example.org\n    emailalertfreq=1", [
      { name: "RS1 dies", events: [{ down: "RS1" }], rounds: 4 },
      { name: "RS1 returns", events: [{ up: "RS1" }] },
    ]),
    mail(
      "failurecount=3: none for soft failures",
      "emailalert=ops@example.org\n    failurecount=3",
    ),
    {
      ...mail("several addresses", "emailalert=ops@example.org, net@example.org"),
      differs: [
        {
          id: "mail-recipients",
          original: /^from .*ops@example\.org, net/,
          ours: /^from .* to \S+ \S+:/,
        },
      ],
    },
    {
      name: "IPv6",
      file: "\nvirtual6=[VIP6]:80\n    real6=[RS1v6]:80 masq\n    checktype=connect\n    emailalert=ops@example.org\n",
      steps: [
        { name: "it dies", events: [{ down: "[RS1v6]:80" }] },
        { name: "it returns", events: [{ up: "[RS1v6]:80" }] },
      ],
    },
    monitored("connect", "checktype=connect"),
    monitored("ping", "checktype=ping"),
    monitored("http", 'request="/alive"\n    receive="Welcome"', [
      { name: "an error", events: [{ page: ["RS1", 500, "sorry"] }] },
      { name: "well again", events: [{ page: ["RS1", 200, "Welcome"] }] },
    ]),
    monitored("http, another page", 'receive="Welcome"', [
      { name: "another page", events: [{ page: ["RS1", 200, "100% gone | away"] }] },
    ]),
    monitored(
      "http, virtualhost and checkport",
      "virtualhost=www.example.org\n    checkport=81",
      [],
    ),
    // Which turn a failure meets is chance, and what is written differs.
    monitored("combined", "checktype=2", []),
    monitored("external", "checktype=external\n    checkcommand=/srv/check", [
      { name: "no", events: [{ hand: "touch /srv/bad-RS1" }] },
    ]),
    monitored("on", "checktype=on", []),
    monitored("service=none", "service=none", []),
  ],
};

/** Without `smtp` the mail program is asked. */
export const mailProgram: Group = {
  name: "mail by a program",
  globals:
    "checkinterval=1\nchecktimeout=8\nemailalert=ops@example.org\nemailalertstatus=running\nemailalertfreq=3600\n",
  cases: [
    mail("global emailalert", ""),
    mail("its own emailalert", "emailalert=net@example.org"),
    mail("several addresses", "emailalert=net@example.org, web@example.org"),
    mail("its own emailalertfreq", "emailalertfreq=1", [
      { name: "RS1 dies", events: [{ down: "RS1" }], rounds: 4 },
      { name: "RS1 returns", events: [{ up: "RS1" }] },
    ]),
    mail("its own smtp", `smtp=${mailServer}`),
    mail("servicename", "servicename=The shop"),
  ],
};
