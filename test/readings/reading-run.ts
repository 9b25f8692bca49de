import type { Bench } from "../parity/bench.ts";
import { deviations, printDeviation, type Seen, unexplained, unmet } from "../parity/compare.ts";
import type { Machine } from "../parity/machine.ts";
import { nameIn, placesOf } from "../parity/places.ts";
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

/** Reads one after the other on a pair of directors of its own. */
export async function readAll(
  bench: Bench,
  { name, readings }: Readings,
  number: number,
): Promise<ReadingFindings> {
  const places = placesOf(number);
  const pair = await bench.pair(name, places.hosts);
  const findings = new Map<Reading, readonly string[]>();
  try {
    for (const it of readings) {
      const text = places.resolve(it.text);
      const [original, ours] = await Promise.all([
        read(pair.original, text),
        read(pair.ours, text),
      ]);
      const found = deviations(original, ours);
      findings.set(it, [
        ...unexplained(found, it.differs ?? []).map((one) => nameIn(places, printDeviation(one))),
        ...unmet(found, it.differs ?? []).map(({ id }) => `difference ${id} was not met`),
      ]);
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    for (const it of readings) if (!findings.has(it)) findings.set(it, [why]);
  } finally {
    await Promise.all([pair.original.close(), pair.ours.close()]);
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
