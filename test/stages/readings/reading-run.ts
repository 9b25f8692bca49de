import { deviations, printDeviation, type Seen, unexplained, unmet } from "../parity/compare.ts";
import type { Machine } from "../parity/machine.ts";
import { nameIn, placesOf } from "../parity/places.ts";
import { OriginalRecord } from "../parity/record.ts";
import type { Rig } from "../parity/rig.ts";
import { met, said } from "../parity/story.ts";
import type { Reading, Readings } from "./reading.ts";

export type ReadingFindings = ReadonlyMap<Reading, readonly string[]>;

const file = "/etc/ha.d/read.cf";
const pidFile = "/run/ldirectord.read.cf.pid";

/** The original's parent ends before its child has written the pid. A daemon that runs is killed, and its table with it. */
const command = `
ldirectord read.cf start; code=$?
for i in {1..100}; do
  [[ $code == 0 ]] || break
  pid=$(cat ${pidFile} 2>/dev/null) && [[ $pid ]] && break
  sleep 0.05
done
{ [[ $pid ]] && kill -9 $pid && echo runs || echo "does not run"; } >/srv/state 2>/dev/null
while [[ $pid && -d /proc/$pid ]]; do sleep 0.02; done
rm -f ${pidFile}
ipvsadm -C 2>/dev/null
exit $code`;

/** There is one: what both come to. */
const moment = "read";

/** Reads one after the other on directors of its own. */
export async function readAll(
  rig: Rig,
  { name, readings }: Readings,
  number: number,
): Promise<ReadingFindings> {
  const places = placesOf(number);
  const record = OriginalRecord.open("readings", name);
  const directors = await rig.directors(name, places.hosts, record.who);
  const findings = new Map<Reading, readonly string[]>();
  try {
    for (const it of readings) {
      const text = places.resolve(it.text);
      const recorded = record.of(it.name, { command, hosts: places.hosts, text });
      const [ours = {}, live] = await Promise.all(directors.map((machine) => read(machine, text)));
      const original = live ?? recorded.original(moment);
      if (original === undefined) {
        findings.set(it, recorded.lacks);
        continue;
      }
      recorded.note(moment, original);
      const found = deviations(original, ours);
      findings.set(it, [
        ...recorded.lacks,
        ...recorded.stale(moment, original),
        ...unexplained(found, it.differs ?? []).map((one) => nameIn(places, printDeviation(one))),
        ...unmet(found, it.differs ?? []).map(({ id }) => `difference ${id} was not met`),
      ]);
    }
    record.close();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    for (const it of readings) if (!findings.has(it)) findings.set(it, [why]);
  } finally {
    await Promise.all(directors.map((machine) => machine.close()));
  }
  return findings;
}

async function read(machine: Machine, text: string): Promise<Seen> {
  machine.write(file, text);
  const ran = await machine.run(command);
  return {
    "exit code": [String(ran.code)],
    stdout: said(ran.stdout),
    stderr: withoutOwnWarnings(said(ran.stderr)),
    daemon: said(machine.read("/srv/state")),
  };
}

/** `web.cf:3:5: warning: …`; the original's own are in its words. */
const withoutOwnWarnings = (lines: readonly string[]): string[] =>
  lines
    .map((line) => line.trimEnd())
    .filter((line) => {
      const isOurs = /^\/\S+\.cf:\d+:\d+: warning: /.test(line);
      if (isOurs) met.add("own-warnings");
      return !isOurs;
    });
