// Where our time goes: the inspector's profile of the daemon at so many checks a second, by function, own time and with all
// that it calls.
//   node bench/profile.mjs [connect|http|https|ping] [CHECKS A SECOND] [SECONDS]      PROFILE=FILE keeps it for other tools
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { contest, until } from "./lib/contest.mjs";
import { goInside } from "./lib/namespace.mjs";
import { compile } from "./lib/needs.mjs";
import { callsOf } from "./profiling/calls.mjs";

await goInside();
const [check = "connect", rate = "1000", seconds = "10"] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), "bench-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
const bench = {
  scratch,
  programs: compile(scratch),
  // The compiled sources: there a function has its file's name.
  product: join(import.meta.dirname, "../dist"),
  rounds: 1,
  present: (names) => names,
  say: () => {},
  failed: (text) => console.error(text),
};
const file = process.env.PROFILE ?? join(scratch, "profile.json");
const environment = {
  NODE_OPTIONS: `--require=${join(import.meta.dirname, "profiling/profiler.cjs")}`,
  PROFILE: file,
  PROFILE_FROM: "5000",
  PROFILE_FOR: String(Number(seconds) * 1000),
  SSL_CERT_FILE: join(scratch, "certificate.pem"),
};
const work = { check, reals: Number(rate), interval: 1, environment };
await contest(bench, ["ours"], work, async (contestant) => {
  await sleep(5000 + Number(seconds) * 1000);
  const isWritten = () => {
    contestant.assertRuns();
    try {
      return JSON.parse(readFileSync(file, "utf8"));
    } catch {
      return undefined;
    }
  };
  await until("the profile", isWritten, 60_000, 200);
  return {};
});
const { busyMs, functions } = callsOf(JSON.parse(readFileSync(file, "utf8")));
console.log(
  `${check} at ${rate}/s: busy ${(busyMs / 10 / Number(seconds)).toFixed(1)} % of a processor`,
);
for (const by of ["ownMs", "allMs"]) {
  console.log(by === "ownMs" ? "\nown time" : "\nwith all that it calls");
  for (const call of functions.toSorted((a, b) => b[by] - a[by]).slice(0, 40)) {
    console.log(`${((call[by] * 100) / busyMs).toFixed(1).padStart(6)} %  ${call.name}`);
  }
}
process.exit(0);
