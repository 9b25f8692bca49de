import { seeded } from "../../lab/random.ts";
import type { Case, Event, Group, Step } from "./case.ts";

const groupSize = 20;
/** Enough for the largest failurecount to run out. */
const rounds = 5;

type Random = () => number;
const pick = <T>(random: Random, list: readonly T[]): T =>
  list[Math.floor(random() * list.length)] as T;
const chance = (random: Random, share: number): boolean => random() < share;

/** What a service is made of; an edit exchanges some of it. */
interface Parts {
  readonly family: 4 | 6;
  readonly isMark: boolean;
  readonly servers: readonly number[];
  readonly weights: readonly number[];
  readonly methods: readonly string[];
  readonly lines: readonly string[];
}

function lines(random: Random, family: 4 | 6): string[] {
  const some: string[] = [];
  const maybe = (share: number, line: string): void => {
    if (chance(random, share)) some.push(line);
  };
  maybe(0.5, `scheduler=${pick(random, ["rr", "wrr", "lc", "wlc", "sh", "sed", "nq"])}`);
  if (chance(random, 0.4)) {
    some.push(`persistent=${pick(random, [30, 300, 3600])}`);
    maybe(0.5, `netmask=${family === 6 ? 64 : "255.255.255.0"}`);
  }
  maybe(0.5, `quiescent=${pick(random, ["yes", "no"])}`);
  maybe(0.4, `failurecount=${pick(random, [1, 2, 3])}`);
  maybe(0.3, "cleanstop=no");
  // The original asks web servers over IPv6 only with a module that is rarely there.
  const kinds = ["checktype=connect", "checktype=on", "service=none\n    checktype=negotiate"];
  const web = [
    'service=http\n    request="/alive"',
    'service=http\n    receive="Welcome"',
    "service=http\n    checktype=2",
  ];
  some.push(pick(random, family === 6 ? kinds : [...kinds, ...web, ...web]));
  return some;
}

function parts(random: Random): Parts {
  const family = chance(random, 0.2) ? 6 : 4;
  const servers = [1, 2, 3].slice(0, pick(random, [1, 2, 2, 3]));
  return {
    family,
    isMark: chance(random, 0.15),
    servers,
    weights: servers.map(() => pick(random, [0, 1, 1, 2, 5, 100])),
    methods: servers.map(() => pick(random, ["gate", "masq", "masq", "ipip"])),
    lines: [...lines(random, family), fallback(random, family)],
  };
}

/** Always its own: the original's global one does not work for firewall marks. */
function fallback(random: Random, family: 4 | 6): string {
  const six = family === 6;
  return `fallback${six ? 6 : ""}=${six ? "[SORRYv6]" : "SORRY"}:80 ${pick(random, ["gate", "masq"])}`;
}

function write({ family, isMark, servers, weights, methods, lines }: Parts): string {
  const six = family === 6;
  const virtual = isMark ? "MARK" : six ? "[VIP6]:80" : "VIP:80";
  const reals = servers.map((number, i) => {
    const address = six ? `[RS${number}v6]` : `RS${number}`;
    return `    real${six ? 6 : ""}=${address}:80 ${methods[i]} ${weights[i]}`;
  });
  const rest = lines.map((line) => `    ${line}`);
  return `\nvirtual${six ? 6 : ""}=${virtual}\n${[...reals, ...rest].join("\n")}\n`;
}

function edited(random: Random, before: Parts): Parts {
  const next = parts(random);
  return pick<Parts>(random, [
    { ...before, weights: next.weights.concat(1, 1, 1) },
    { ...before, methods: next.methods.concat("masq", "gate", "masq") },
    { ...before, servers: next.servers, weights: [1, 2, 3], methods: ["masq", "masq", "gate"] },
    { ...before, lines: [...lines(random, before.family), fallback(random, before.family)] },
  ]);
}

/** All one way: where one goes and another comes, it is chance whether a fallback stands in between. */
function happening(random: Random, { family, servers }: Parts): Event[] {
  const isUp = chance(random, 0.5);
  return servers.flatMap((number): Event[] => {
    const place = family === 6 ? `[RS${number}v6]:80` : `RS${number}:80`;
    return chance(random, 0.5) ? [isUp ? { up: place } : { down: place }] : [];
  });
}

function generate(seed: number): Case {
  const random = seeded(seed);
  let now = parts(random);
  const steps: Step[] = [];
  const file = write(now);
  const before = happening(random, now);
  for (let i = 1; i <= 4; i += 1) {
    // All cases of a group change at the same steps: a reload of one is a reload of all.
    if (i % 2 === 0) {
      now = edited(random, now);
      steps.push({ name: "edited", edit: write(now), rounds });
    } else steps.push({ name: "events", events: happening(random, now), rounds });
  }
  return { name: `seed ${seed}`, file, before, steps };
}

/** @param seed of the first case; the others follow. The same seed makes the same case, alone too. */
export function generated(seed: number, count: number): readonly Group[] {
  const groups: Group[] = [];
  for (let first = 0; first < count; first += groupSize) {
    const seeds = Array.from(
      { length: Math.min(groupSize, count - first) },
      (_, i) => seed + first + i,
    );
    const random = seeded(seed + first);
    const yesNo = (): string => pick(random, ["yes", "no"]);
    groups.push({
      name: `generated from seed ${seed + first}`,
      globals: [
        "checkinterval=1\nchecktimeout=8\nnegotiatetimeout=8",
        `quiescent=${yesNo()}\nreaddquiescent=${yesNo()}\ncleanstop=${yesNo()}`,
        `failurecount=${pick(random, [1, 2])}\n`,
      ].join("\n"),
      cases: seeds.map(generate),
    });
  }
  return groups;
}
