// What those who watch cost the checks: a daemon with many real servers, each refused at once, on the embedded table;
// first alone, then with as many open pages, then with `ldirectorctl status --watch`es and one reader that takes nothing.
// After `npm run build`: node bench/watchers.mjs [servers] [watchers] [seconds]
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const [servers, watchers, seconds] = [40_000, 20, 40].map((usual, i) =>
  Number(process.argv[i + 2] ?? usual),
);
const dist = join(import.meta.dirname, "../dist/src");
const folder = mkdtempSync(join(tmpdir(), "watchers-"));
const file = join(folder, "many.cf");
const [socketPath, pagePath] = ["many.sock", "page.sock"].map((name) => join(folder, name));

const intervalSec = 20;
const lines = [`checkinterval=${intervalSec}`, "checktimeout=5", `logfile="${folder}/log"`];
for (let i = 0; i < servers; i++) {
  if (i % 200 === 0) {
    const number = i / 200;
    lines.push("", `virtual=127.100.${number >> 8}.${number & 255}:80`, "    checktype=connect");
  }
  lines.push(`    real=127.${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}:9 masq`);
}
writeFileSync(file, `${lines.join("\n")}\n`);
writeFileSync(
  join(folder, "ldirectord-ng.ini"),
  `[table]\nbackend=embedded\n[daemon]\nrundir=${folder}\n[control]\nsocket=${socketPath}\nstate=${folder}\n[page]\nlisten=${pagePath}\n`,
);

/** All of an answer, and how long it took. */
const ask = (path) =>
  new Promise((resolve, reject) => {
    request({ socketPath, path }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
      response.on("end", () => resolve(JSON.parse(text)));
    })
      .on("error", reject)
      .end();
  });

/** Of the daemon's process, milliseconds so far. */
function cpuMs() {
  const pid = readFileSync(join(folder, "ldirectord.many.cf.pid"), "utf8").trim();
  const [user, system] = readFileSync(`/proc/${pid}/stat`, "utf8")
    .split(") ")[1]
    .split(" ")
    .slice(11, 13);
  const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return { ms: 10 * (Number(user) + Number(system)), mib: Math.round(Number(resident) / 1024) };
}

async function measure(what) {
  const [before, from] = [await ask("/v1/status"), cpuMs()];
  await wait(seconds * 1000);
  const [after, to] = [await ask("/v1/status"), cpuMs()];
  const made = after.statistics.verdicts - before.statistics.verdicts;
  const spanSec = (after.at - before.at) / 1000;
  const { started, late, worstMs } = after.statistics.punctuality;
  console.log(
    `${what}: ${Math.round(made / spanSec)} verdicts a second (due: ${servers / intervalSec}); of the last ${started} starts ${late} late, ${worstMs} ms at worst; daemon ${((to.ms - from.ms) / (seconds * 10)).toFixed(0)} % of a processor, ${to.mib} MiB`,
  );
}

/** An open page: it has read the document, and takes what comes. @returns how much that was so far */
function openPage() {
  const read = { bytes: 0 };
  const take = (path, then) =>
    request({ socketPath: pagePath, path }, (response) => {
      response.on("data", (part) => {
        read.bytes += part.length;
      });
      response.on("end", () => then?.());
    })
      .on("error", () => {})
      .end();
  take("/", () => take("/live"));
  return read;
}

const children = [];
try {
  const program = join(dist, "cli.js");
  console.log(`${servers} real servers, ${watchers} watchers, ${seconds} s each`);
  spawnSync(process.execPath, [program, file, "start"], { stdio: "inherit" });
  await wait(intervalSec * 1000);
  await measure("alone");
  const pages = Array.from({ length: watchers }, openPage);
  await wait(5000);
  await measure(`${watchers} open pages`);
  console.log(`of which the first was sent ${Math.round((pages[0]?.bytes ?? 0) / 1024)} KiB`);
  const ctl = [join(dist, "ldirectorctl.js"), "-c", file, "status", "--watch"];
  for (let i = 0; i < watchers; i++) {
    children.push(spawn("nice", [process.execPath, ...ctl], { stdio: "ignore" }));
  }
  const stuck = connect(socketPath).pause();
  stuck.on("error", () => {});
  stuck.write("GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n");
  await wait(5000);
  await measure("pages and watchers");
} finally {
  for (const child of children) child.kill();
  spawnSync(process.execPath, [join(dist, "cli.js"), file, "stop"], { stdio: "inherit" });
  rmSync(folder, { recursive: true });
}
process.exit(0);
