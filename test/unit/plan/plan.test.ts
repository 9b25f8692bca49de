import { afterEach, beforeEach, expect, test } from "vitest";
import type { Change } from "../../../src/plan/change.ts";
import { planReload, planStart } from "../../../src/plan/from-now.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { tableService } from "../../../src/reconcile/rows.ts";
import { serverRow, serviceRow, tcp } from "../../support/builders.ts";
import { Site } from "./site.ts";

let site: Site;
beforeEach(() => {
  site = new Site();
});
afterEach(() => site.close());

const web = (...lines: readonly string[]) =>
  ["virtual=10.0.0.1:80", ...lines.map((line) => `\t${line}`), ""].join("\n");
const two = ["real=10.0.0.3:80 masq 5", "real=10.0.0.4:80 masq 5"] as const;

/** A change in one line: `~ tcp:10.0.0.1:80 10.0.0.3:80 weight 5>10`. */
const line = ({ action, part, virtual, real, fields, because }: Change): string =>
  [
    { add: "+", change: "~", remove: "-" }[action],
    ...(part === "table" ? [] : [`[${part}]`]),
    virtual,
    real,
    fields.map(({ name, before = "", after = "" }) => `${name} ${before}>${after}`).join(", "),
    because,
  ]
    .filter((word) => word !== undefined && word !== "")
    .join(" ");

/** A daemon, and all its servers in use. */
async function running(text: string, ini?: string): Promise<void> {
  site.write(text, ini);
  const ready = await site.ready();
  await site.seed(
    ready.config.virtuals.map((virtual) => ({
      service: tableService(virtual),
      dests: virtual.reals.map(({ endpoint, line: _, ...rest }) => ({ endpoint, ...rest })),
    })),
  );
  await site.start(ready);
}
const tableLines = ({ changes }: Plan) => changes.filter(({ part }) => part === "table").map(line);
async function planned(text: string, ini?: string) {
  site.write(text, ini);
  return planReload(site.daemon, await site.ready());
}
const lines = async (text: string, ini?: string) => (await planned(text, ini)).changes.map(line);

test("the file that runs changes nothing", async () => {
  await running(web(...two), "[log]\nlevel = debug\n");
  expect(await planned(web(...two))).toEqual({
    path: site.path,
    by: "reload",
    changes: [],
    later: [],
    runs: [],
    untouched: [],
  });
});

test("each field of a row and of a service is told with what it was", async () => {
  await running(web(...two, "scheduler=wlc", "persistent=300"));
  expect(
    await lines(
      web("real=10.0.0.3:80 masq 7 l:2 u:9", "real=10.0.0.4:80 gate 5", "scheduler=sh").replace(
        "scheduler=sh",
        "scheduler=sh\n\tschedflags=sh-port\n\tpersistent=600\n\tnetmask=255.255.255.0",
      ),
    ),
  ).toEqual([
    "~ tcp:10.0.0.1:80 scheduler wlc>sh, persistent 300>600, schedflags >flag-2, netmask >255.255.255.0",
    "~ tcp:10.0.0.1:80 10.0.0.3:80 weight 5>7, u-threshold >9, l-threshold >2",
    "~ tcp:10.0.0.1:80 10.0.0.4:80 forwarding masq>gate",
  ]);
});

test("a server that is new has its check added, and joins when that is good; who was there serves on", async () => {
  await running(web(...two));
  const plan = await planned(web("real=10.0.0.5:80 masq 3"));
  expect(plan.changes.map(line)).toEqual([
    "- [checks] tcp:10.0.0.1:80 10.0.0.3:80 check http 10.0.0.3:80>, checkinterval 10>, timeout 30>, failurecount 1>",
    "- [checks] tcp:10.0.0.1:80 10.0.0.4:80 check http 10.0.0.4:80>, checkinterval 10>, timeout 30>, failurecount 1>",
    "+ [checks] tcp:10.0.0.1:80 10.0.0.5:80 check >http 10.0.0.5:80, checkinterval >10, timeout >30, failurecount >1",
  ]);
  expect(plan.later).toEqual([
    {
      what: "joins",
      virtual: "tcp:10.0.0.1:80",
      real: "10.0.0.5:80",
      fields: [
        { name: "forwarding", after: "masq" },
        { name: "weight", after: 3 },
      ],
    },
    { what: "serves-on", virtual: "tcp:10.0.0.1:80", real: "10.0.0.4:80", fields: [] },
    { what: "serves-on", virtual: "tcp:10.0.0.1:80", real: "10.0.0.3:80", fields: [] },
  ]);
});

test("a service that is not named any more goes with its rows, but for one that nobody replaces yet", async () => {
  const other = "virtual=10.0.0.2:80\n\treal=10.0.0.6:80 masq\n\tchecktype=on\n";
  await running(web(...two) + other);
  expect((await planned(other)).changes.map(line).slice(0, 3)).toEqual([
    "- tcp:10.0.0.1:80 scheduler wrr>",
    "- tcp:10.0.0.1:80 10.0.0.4:80 forwarding masq>, weight 5>",
    "- tcp:10.0.0.1:80 10.0.0.3:80 forwarding masq>, weight 5>",
  ]);
  const plan = await planned("virtual=10.0.0.9:80\n\treal=10.0.0.7:80 masq\n");
  expect(tableLines(plan)).toEqual(["+ tcp:10.0.0.9:80 scheduler >wrr"]);
  expect(plan.later.filter(({ what }) => what === "serves-on").map((it) => it.virtual)).toEqual([
    "tcp:10.0.0.1:80",
    "tcp:10.0.0.2:80",
  ]);
});

test("settings are told where they show, and of a secret only that it is another", async () => {
  const lineOf = (secret: string) => `login="u"\n\tpasswd="${secret}"`;
  await running(
    web(...two, "service=ftp", lineOf("hush")),
    "[table]\nbackend = embedded\n[email]\nsmtp-port = 26\n",
  );
  const next = `callback="/bin/sync"\nmaintenancedir=DIR/held\n${web(
    ...two,
    "service=ftp",
    "checkinterval=3",
    "quiescent=yes",
    'emailalert="a@example.org"',
    "fallbackcommand=/bin/say",
    lineOf("hushed"),
  )}`;
  const ini = "[table]\nbackend = kernel\n[email]\nsmtp-port = 27\n";
  const plan = await planned(next, ini);
  expect(plan.changes.map(line)).toEqual([
    "~ [commands] callback >/bin/sync",
    `~ [settings] maintenancedir >${site.folder}/held`,
    "~ [settings] [table] backend embedded>kernel when the daemon is started again",
    "~ [alerts] [email] smtp-port 26>27",
    "~ [checks] tcp:10.0.0.1:80 passwd [secret]>[secret]",
    "~ [checks] tcp:10.0.0.1:80 checkinterval 10>3",
    "~ [settings] tcp:10.0.0.1:80 quiescent no>yes",
    "~ [commands] tcp:10.0.0.1:80 fallbackcommand >/bin/say",
    "~ [alerts] tcp:10.0.0.1:80 emailalert >a@example.org",
    "~ [alerts] tcp:10.0.0.1:80 emailalertstatus >reloading,running,starting,stopping",
    "~ [alerts] tcp:10.0.0.1:80 emailalertfreq >0",
  ]);
  expect(plan.runs).toEqual(["/bin/say stop 10.0.0.1:80 tcp"]);
  expect(JSON.stringify(plan)).not.toContain("hush");
});

test("what the file says of a server that is down is told, though no row shows it", async () => {
  site.downHosts = new Set(["10.0.0.4"]);
  site.write(web(...two));
  await site.start(await site.ready());
  await site.firstRound();
  expect(await lines(web("real=10.0.0.3:80 masq 7", "real=10.0.0.4:80 masq 8"))).toEqual([
    "~ tcp:10.0.0.1:80 10.0.0.3:80 weight 5>7",
    "~ [settings] tcp:10.0.0.1:80 10.0.0.4:80 weight 5>8 not in the table yet",
  ]);
});

test("a server's own request is told of that server", async () => {
  await running(web('real=10.0.0.3:80 masq 5 "/a", "ok"', two[1]));
  expect(await lines(web('real=10.0.0.3:80 masq 5 "/b", "ok"', two[1]))).toEqual([
    "~ [checks] tcp:10.0.0.1:80 10.0.0.3:80 request /a>/b",
  ]);
});

test("who is put into maintenance by the directory that is named now is told why", async () => {
  await running(web(...two, "quiescent=yes"));
  site.maintain("held", ["10.0.0.4"]);
  expect(await lines(`maintenancedir=DIR/held\n${web(...two, "quiescent=yes")}`)).toEqual([
    "~ tcp:10.0.0.1:80 10.0.0.4:80 weight 5>0 in maintenance",
    `~ [settings] maintenancedir >${site.folder}/held`,
  ]);
});

test("what another hand did, and the file says the same of, stays in the plan, too", async () => {
  site.rereadMs = 5;
  await running(web(...two));
  const key = tcp("10.0.0.1:80");
  const dest = serverRow("10.0.0.3:80", { forwarding: "masq", weight: 1 });
  await site.ipvs.table.apply([{ kind: "set-dest", key, dest }]);
  await site.log.until("drift-found");
  expect(await lines(web(...two))).toEqual([]);
  expect(await lines(web("real=10.0.0.3:80 masq 6", two[1]))).toEqual([
    "~ tcp:10.0.0.1:80 10.0.0.3:80 weight 1>6",
  ]);
});

test("a start takes up what it finds in use, and leaves the services of others alone", async () => {
  site.write(web(...two, "fallback=127.0.0.1:80"));
  const plan = await planStart(await site.ready(), [
    {
      service: serviceRow(tcp("10.0.0.1:80"), { scheduler: "rr" }),
      dests: [serverRow("10.0.0.3:80", { forwarding: "masq", weight: 5 })],
    },
    { service: serviceRow(tcp("10.9.9.9:25")), dests: [serverRow("10.9.9.8:25")] },
  ]);
  expect(plan.by).toBe("start");
  expect(plan.changes.map(line)).toEqual(["~ tcp:10.0.0.1:80 scheduler rr>wrr"]);
  expect(plan.later.map(({ what, real }) => [what, real])).toEqual([["joins", "10.0.0.4:80"]]);
  expect(plan.untouched).toEqual(["tcp:10.9.9.9:25"]);
});
