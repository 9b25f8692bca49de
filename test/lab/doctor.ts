/** `ldirectorctl doctor` on the hosts of a lab, which are set up right, and then wrong in one thing after the other. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Finding, Unseen } from "../../src/doctor/examine.ts";
import { isOriginal, ourProgram } from "./director.ts";
import { type Namespace, runIn } from "./namespace.ts";
import { Network } from "./network.ts";
import { directRouting, type Role, type Topology, VIP } from "./topologies.ts";

const program = join(dirname(ourProgram), "ldirectorctl.js");

export interface Told {
  readonly code: number | null;
  readonly findings: readonly Finding[];
  readonly unseen: readonly Unseen[];
}

/** @param wrapper a program and its arguments that runs the doctor in its own place */
export async function doctorIn(
  { name }: Namespace,
  file: string,
  wrapper: readonly string[] = [],
): Promise<Told> {
  const command = [...wrapper, process.execPath, program, "doctor", "--json", file];
  const child = spawn("ip", ["netns", "exec", name, ...command]);
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [out, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  expect(errors).toBe("");
  return { code, ...(JSON.parse(out) as Omit<Told, "code">) };
}

/** What is wrong; of the clock, which is this machine's, there is a test of its own. */
export const wrongIn = ({ findings }: Told): string[] =>
  findings.flatMap(({ id, severity, what }) =>
    severity === "fine" || id === "clock" ? [] : [`${severity} ${id}: ${what}`],
  );

/** What the doctor says to do, of faults and advice that have a remedy here. */
const mendsOf = ({ findings }: Told): string[] =>
  findings.flatMap(({ id, mend }) =>
    mend === undefined || id === "clock" || id === "tunnel-mtu" ? [] : mend.commands,
  );

export const settled = "net.ipv4.vs.expire_nodest_conn=1";

type Lines = readonly (readonly [host: Role, ...command: string[]])[];
interface Break {
  readonly does: Lines;
  /** Where the doctor is asked. */
  readonly on?: Role;
  readonly wrapper?: readonly string[];
  readonly tells: readonly string[];
  /** Where what it says is done. */
  readonly mendedOn?: Role;
  /** In place of that, where it cannot be done to the letter. */
  readonly undoes?: Lines;
}

export const sysctl = (host: Role, setting: string) => [host, "sysctl", "-qw", setting] as const;

/** A setting that is wrong where the doctor is asked. */
export const set = (on: Role, setting: string, tells: string): Break => ({
  does: [sysctl(on, setting)],
  on,
  tells: [tells],
});

export interface SetUp {
  readonly name: string;
  readonly topology: Topology;
  /** Of examples/, or a text. */
  readonly file: string;
  /** Where nothing may be wrong at first. */
  readonly right: readonly Role[];
  /** Told of a right one. */
  readonly advice?: readonly string[];
  readonly breaks: Readonly<Record<string, Break>>;
}

/** Translation to a server that clients reach without the director. */
export const masqOnLan = `quiescent=no
virtual=${VIP}:80
	real=192.168.10.201:80 masq
	service=http
`;

/** The tests of one that is right, wrong in each thing, and right again. */
export function tellBreaks({ name, topology, file, right, advice = [], ...more }: SetUp): void {
  describe.skipIf(isOriginal)(name, () => {
    let network: Network<Role>;
    const does = async (lines: Lines): Promise<void> => {
      for (const [host, command, ...args] of lines) {
        await runIn(network.host(host), command ?? "", args);
      }
    };

    beforeAll(async () => {
      network = await Network.open<Role>(topology);
      await does([sysctl("director", settled), sysctl("rs1", settled)]);
    });
    afterAll(() => network?.close());

    test.each(right)("there is nothing wrong with a right %s", async (host) => {
      const told = await doctorIn(network.host(host), file);
      const expected = host === "director" ? advice : [];
      expect(wrongIn(told)).toEqual(expected);
      expect(told.findings.length).toBeGreaterThan(4);
    });

    test.each(Object.entries(more.breaks))("%s", async (_, broken) => {
      const { on = "director", mendedOn = on, tells } = broken;
      await does(broken.does);
      const told = await doctorIn(network.host(on), file, broken.wrapper);
      await does(broken.undoes ?? mendsOf(told).map((line) => [mendedOn, "sh", "-c", line]));
      expect(wrongIn(told).filter((each) => !advice.includes(each))).toEqual(tells);
      expect(told.code).toBe(tells.some((each) => each.startsWith("fault")) ? 2 : 1);
    });

    test.each(right)("and nothing is wrong with %s at the end", async (host) => {
      expect(
        wrongIn(await doctorIn(network.host(host), file)).filter((it) => !advice.includes(it)),
      ).toEqual([]);
    });
  });
}

export interface OwnFile {
  director(): Namespace;
  /** What the doctor says there of a file with this content. */
  doctor(content: string): Promise<Told>;
}

/** For a `describe`: hosts of direct routing, and a file whose content each test gives. */
export function withOwnFile(): OwnFile {
  let network: Network<Role>;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ldng-doctor-"));
    network = await Network.open<Role>(directRouting());
    await runIn(network.host("director"), "sysctl", ["-qw", settled]);
  });
  afterAll(async () => {
    await network?.close();
    await rm(folder, { recursive: true, force: true });
  });
  const director = () => network.host("director");
  return {
    director,
    doctor: async (content) => {
      const file = join(folder, "web.cf");
      await writeFile(file, content);
      return doctorIn(director(), file);
    },
  };
}
