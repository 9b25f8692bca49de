/** Three directors that are all active behind a router that shares by ECMP: examples/ha/ecmp, as it is. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type EcmpDirector, EcmpSite, VIP } from "../../lab/ha/ecmp.ts";
import { usualTraffic } from "../../lab/ha/traffic.ts";
import { runIn } from "../../lab/namespace.ts";
import { say } from "../../lab/say.ts";
import { until } from "../../lab/until.ts";

/** All troubles, in place of the heart of them. */
const isFull = process.env["LAB_HA"] === "full";

interface Trouble {
  readonly name: string;
  strike(director: EcmpDirector): Promise<unknown>;
  /** After it, the director is as before. */
  mend(director: EcmpDirector): Promise<unknown>;
}

/** What clients had of it. Times in seconds. */
interface Row {
  readonly trouble: string;
  /** Until the router sent nothing more to the director. */
  readonly turned: number;
  /** New requests that failed, before the director was mended and from then on. */
  readonly failed: number;
  readonly failedAtReturn: number;
  readonly of: number;
  /** How often each thing came in place of a page. */
  readonly errors: Readonly<Record<string, number>>;
  /** Of the long connections. */
  readonly broken: number;
  readonly connections: number;
  /** The longest wait of one that lives. */
  readonly silence: number;
  /** Of the connections that stood: those that another director has got, and those that it gave to another real server. */
  readonly elsewhere: number;
  readonly moved: number;
  readonly standing: number;
}

/** The real servers. */
const all: readonly number[] = [1, 2, 3];

const signal =
  (part: Parameters<EcmpDirector["signal"]>[0], name: NodeJS.Signals) => (it: EcmpDirector) =>
    it.signal(part, name);
const started = async (director: EcmpDirector) => director.start();

const leaves: Trouble = {
  name: "ldirectord is stopped in order",
  strike: (it) => it.leave(),
  mend: started,
};
const blinded: Trouble = {
  name: "it sees no real server",
  strike: (it) => it.blindTo(...all),
  mend: (it) => it.blindTo(),
};
const heart: readonly Trouble[] = [
  leaves,
  { name: "kill -9 of everything on it", strike: (it) => it.killAll(), mend: started },
  {
    name: "SIGSTOP of everything on it",
    strike: (it) => it.node.signalAll("STOP"),
    mend: (it) => it.node.signalAll("CONT"),
  },
];
const further: readonly Trouble[] = [
  {
    name: "it is cut off, or dies as a machine",
    strike: (it) => it.cable("out"),
    mend: (it) => it.cable("in"),
  },
  {
    name: "it sees one real server of three",
    strike: (it) => it.blindTo(2, 3),
    mend: (it) => it.blindTo(),
  },
  {
    name: "ldirectord is stopped, announce-vip is not",
    strike: (it) => it.program("ldirectord").end("SIGTERM"),
    mend: started,
  },
  {
    name: "kill -9 of ldirectord",
    strike: (it) => it.program("ldirectord").end("SIGKILL"),
    mend: started,
  },
  {
    name: "SIGSTOP of ldirectord",
    strike: signal("ldirectord", "SIGSTOP"),
    mend: signal("ldirectord", "SIGCONT"),
  },
  {
    name: "kill -9 of announce-vip",
    strike: (it) => it.program("announce-vip").end("SIGKILL"),
    mend: started,
  },
  {
    name: "SIGSTOP of announce-vip",
    strike: signal("announce-vip", "SIGSTOP"),
    mend: signal("announce-vip", "SIGCONT"),
  },
  { name: "kill -9 of bird", strike: (it) => it.program("bird").end("SIGKILL"), mend: started },
  { name: "SIGSTOP of bird", strike: signal("bird", "SIGSTOP"), mend: signal("bird", "SIGCONT") },
];

/** The traffic itself takes time. */
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const round = (ms: number) => Math.round(ms / 100) / 10;

let site: EcmpSite;
const rows: Row[] = [];

function countOf(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** The client's ports of connections that stand; the kernel's tables know of some that were left behind, too. */
async function openPorts(client: string): Promise<readonly number[]> {
  const text = await runIn(site.clientHost, "ss", ["-Htn", "state", "established", "dst", VIP]);
  return [...text.matchAll(/ ([\d.]+):(\d+) /g)].flatMap(([, from, port]) =>
    from === client ? Number(port) : [],
  );
}

const connectionsOfAll = (client: string) =>
  Promise.all(site.directors.map((it) => it.connections(client)));

type Standing = Awaited<ReturnType<typeof connectionsOfAll>>;

/** Which of the connections that stood another director has got meanwhile, and with which of them another real server. */
function moves(
  ports: readonly number[],
  before: Standing,
  after: Standing,
): Pick<Row, "elsewhere" | "moved" | "standing"> {
  const isNew = (port: number) => (it: Standing[number], index: number) =>
    it.has(port) && !before[index]?.has(port);
  const gone = ports.filter((port) => after.some(isNew(port)));
  const moved = gone.filter((port) => {
    const servers = [...before, ...after].flatMap((it) => it.get(port) ?? []);
    return new Set(servers).size > 1;
  });
  return { elsewhere: gone.length, moved: moved.length, standing: ports.length };
}

/** The trouble for the first director, under traffic, and its return. */
async function play({ name, strike, mend }: Trouble, servers = all): Promise<Row> {
  const [one, two, three] = site.directors;
  const client = site.newClient();
  await site.traffic.begin({ ...usualTraffic(VIP), timeoutMs: 4000, from: client });
  await pause(1000);
  const ports = await openPorts(client);
  const before = await connectionsOfAll(client);
  const began = performance.now();
  const turning = site.untilHops([two, three]);
  await Promise.all([strike(one), turning]);
  const turned = round((await turning) - began);
  await pause(1500);
  const after = await connectionsOfAll(client);
  const mendedAt = Date.now();
  await mend(one);
  await site.untilHops(site.directors);
  await one.untilServers(...servers);
  await pause(1000);
  const { requests, connections } = await site.traffic.end();
  const failed = requests.filter(([, took]) => took === null);
  const alive = connections.filter(({ broken }) => broken === null);
  const row = {
    trouble: name,
    turned,
    failed: failed.filter(([at]) => at < mendedAt).length,
    failedAtReturn: failed.filter(([at]) => at >= mendedAt).length,
    of: requests.length,
    errors: countOf(failed.map(([, , error]) => error ?? "no answer")),
    broken: connections.length - alive.length,
    connections: connections.length,
    silence: round(Math.max(...alive.map(({ silenceMs }) => silenceMs))),
    ...moves(ports, before, after),
  };
  rows.push(row);
  say(JSON.stringify(row));
  return row;
}

function print(): void {
  const lines = rows.map((it) => {
    const cells = [
      it.trouble,
      it.turned,
      `${it.failed} + ${it.failedAtReturn} of ${it.of}`,
      `${it.broken} of ${it.connections}`,
      it.silence,
      `${Math.round((100 * it.elsewhere) / it.standing)} %`,
      `${Math.round((100 * it.moved) / it.standing)} %`,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  say(
    [
      "| what happens to one of three directors | s until the router has turned | failed requests, then + at its return | broken long connections | longest silence, s | connections that came to another director | to another real server |",
      "| --- | --- | --- | --- | --- | --- | --- |",
      ...lines,
      JSON.stringify(rows),
    ].join("\n"),
  );
}

const asks = `exec 3<>/dev/tcp/${VIP}/80 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && head -n1 <&3`;
/** The first line of a page, or why there is none; as a client gets it. */
const page = () =>
  runIn(site.clientHost, "sh", ["-c", 'timeout 3 bash -c "$1" 2>&1 | tail -n1', "sh", asks]);
const untilPage = (wanted: RegExp) => until(page, (text) => wanted.test(text), `${wanted}`);

beforeAll(async () => {
  site = await EcmpSite.open();
  await Promise.all(site.directors.map((it) => it.prepare()));
  for (const director of site.directors) director.start();
  await Promise.all(site.directors.map((it) => it.untilServers(...all)));
  await site.untilHops(site.directors);
});
afterEach(({ task }) => {
  if (task.result?.state === "fail") say(site.report());
});
afterAll(async () => {
  print();
  await site?.close();
});

describe("one of three directors leaves and returns", () => {
  test("in order: nobody loses anything", async () => {
    const row = await play(leaves);
    expect(row).toMatchObject({ failed: 0, failedAtReturn: 0, broken: 0 });
    // Who has nothing to do with it moves, too: the router's hash is another.
    expect(row.elsewhere).toBeGreaterThan(0);
    expect(row.moved / row.standing).toBeLessThan(1 / 3 + 0.05);
  });

  test.for(heart.filter((it) => it !== leaves))("$name: no long connection breaks", async (it) => {
    const row = await play(it);
    expect(row).toMatchObject({ broken: 0, failedAtReturn: 0 });
    expect(row.moved / row.standing).toBeLessThan(1 / 3 + 0.05);
    expect(row.failed).toBeLessThan(row.of / 10);
  });

  test("it sees no real server: its clients get the fallback until the router has turned, and hardly one loses anything at its return", async () => {
    const row = await play(blinded);
    expect(row.failed).toBeLessThan(row.of / 10);
    expect(row.moved / row.standing).toBeLessThan(1 / 3 + 0.05);
    // It finds its servers again one after the other, and chooses otherwise than the others until it has them all.
    expect(row.failedAtReturn).toBeLessThan(row.of / 100);
    expect(row.broken).toBeLessThan(5);
  });

  test.runIf(isFull).for(further)("$name", async (it) => {
    const row = await play(it);
    expect(row.moved / row.standing).toBeLessThan(1 / 3 + 0.05);
  });
});

const blindAll = async () => {
  for (const director of site.directors) await director.blindTo(...all);
};
const unblindAll = async () => {
  for (const director of site.directors) await director.blindTo();
  await untilPage(/^HTTP\/1\.1 200 /);
  await site.untilHops(site.directors);
  for (const director of site.directors) await director.untilServers(...all);
};

test("where all see nobody, each is the last resort, and clients get the fallback; until one sees more", async () => {
  const [, , three] = site.directors;
  await blindAll();
  await untilPage(/^HTTP\/1\.1 503 /);
  for (const director of site.directors) await director.untilServers();
  await site.untilHops(site.directors);
  await three.blindTo();
  await site.untilHops([three]);
  expect(await page()).toMatch(/^HTTP\/1\.1 200 /);
  await unblindAll();
});

test.runIf(isFull)("where nobody is to be the last resort, there is no way", async () => {
  const setResort = async (from: string, to: string) => {
    for (const director of site.directors) {
      await director.edit("/etc/bird/bird.conf", `LAST_RESORT = ${from}`, `LAST_RESORT = ${to}`);
      await director.node.run("birdc", "configure");
    }
  };
  await setResort("true", "false");
  await blindAll();
  await site.untilHops([]);
  await untilPage(/No route to host|unreachable/);
  await unblindAll();
  await setResort("false", "true");
});

test("a real server dies: once that is known, nobody is sent to it, and nobody refused", async () => {
  const [first] = site.servers;
  await first?.kill();
  for (const director of site.directors) await director.untilServers(2, 3);
  await site.traffic.begin({ ...usualTraffic(VIP), from: site.newClient() });
  await pause(1000);
  const { requests } = await site.traffic.end();
  expect(requests.filter(([, took]) => took === null)).toEqual([]);
  if (isFull) await play({ ...leaves, name: `${leaves.name}, and a real server is down` }, [2, 3]);
  await first?.start();
  for (const director of site.directors) await director.untilServers(...all);
});

test.runIf(isFull)(
  "without sloppy_tcp, connections break that come to another director",
  async () => {
    const sloppy = (value: 0 | 1) =>
      Promise.all(
        site.directors.map(({ node }) =>
          runIn(node.namespace, "sysctl", ["-qw", `net.ipv4.vs.sloppy_tcp=${value}`]),
        ),
      );
    await sloppy(0);
    const row = await play({ ...leaves, name: `${leaves.name}, without sloppy_tcp` });
    expect(row.broken).toBeGreaterThan(0);
    await sloppy(1);
  },
);

test("with another scheduler, connections break that come to another director", async () => {
  for (const director of site.directors) await director.reschedule("\tscheduler=wrr\n");
  const row = await play({ ...leaves, name: `${leaves.name}, with wrr in place of mh` });
  expect(row.broken).toBeGreaterThan(0);
  expect(row.failed).toBe(0);
});
