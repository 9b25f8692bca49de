/** The built daemon inside this process, on the embedded table, which counts what it is asked. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { farm } from "./farm.mjs";

const part = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href);
const [{ prepare }, { startDaemon }, { EmbeddedIpvs }, { loadChecks }] = await Promise.all(
  [
    "src/daemon/prepare.js",
    "src/daemon/daemon.js",
    "src/ipvs/embedded-ipvs.js",
    "checks/registry.js",
  ].map(part),
);

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

/** @param layout as for `farm` */
export async function inside(layout) {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const path = join(folder, "bench.cf");
  const write = (more) => writeFileSync(path, farm({ ...layout, folder, ...more }));
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
