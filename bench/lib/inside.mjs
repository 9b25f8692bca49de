/** The built daemon inside this process, on the embedded table, which counts what it is asked. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ldirectordFile } from "./configurations.mjs";

const part = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href);
const [{ prepare }, { startDaemon }, { EmbeddedIpvs }, { loadChecks }] = await Promise.all(
  [
    "src/daemon/prepare.js",
    "src/daemon/daemon.js",
    "src/ipvs/embedded-ipvs.js",
    "checks/registry.js",
  ].map(part),
);

const usual = { check: "on", port: 9, interval: 10 };

class CountedIpvs extends EmbeddedIpvs {
  messages = 0;
  list(only) {
    this.messages += only?.length ?? 1;
    return super.list(only);
  }
  apply(ops) {
    this.messages += ops.length;
    return super.apply(ops);
  }
}

/** @param layout { services, each, check, port, interval }; `write` makes its file anew, with another weight of the first server */
export async function inside(layout) {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const path = join(folder, "bench.cf");
  const write = (more) => {
    const { first = 1, services, each, ...work } = { ...usual, ...layout, ...more };
    const text = ldirectordFile({ ...work, each, reals: services * each, firstWeight: first }, [
      `logfile="${folder}/log"`,
    ]);
    writeFileSync(path, text);
  };
  write({});
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const checks = await loadChecks();
  const ipvs = new CountedIpvs();
  const prepareAgain = () => prepare(path, checks);
  const log = { event: () => {}, debug: () => {} };
  return {
    ipvs,
    write,
    prepare: prepareAgain,
    start: (prepared, more) =>
      startDaemon({ log, ipvs, prepared, prepareAgain, rereadMs: 0, ...more }),
  };
}
