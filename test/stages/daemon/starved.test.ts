/**
 * A director that is not given the processor it needs: held up again and again, as a starved virtual machine or a
 * CPU quota does it, or with more checks than it can do. What is silent must go, and what is well must stay.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Certificates, makeCertificates } from "../../support/servers/certificates.ts";
import { Site } from "./site.ts";

const intervalSec = 1;
const timeoutSec = 3;
const boundMs = 4 * (intervalSec + timeoutSec) * 1000;
/** How long a slow server takes for its answer, and a dialogue for all of its. */
const slowMs = 1500;

let certificates: Certificates;
let farm: Farm;
beforeAll(async () => {
  certificates = makeCertificates("name.example");
  // The checks verify the chain of a certificate against this.
  process.env["SSL_CERT_FILE"] = certificates.caFile;
  farm = await startFarm();
});
afterAll(async () => {
  delete process.env["SSL_CERT_FILE"];
  await farm.close();
  certificates[Symbol.dispose]();
});

const sites: Site[] = [];
afterEach(async () => {
  farm.speak();
  for (const site of sites.splice(0)) await site.close();
});

interface Farm {
  /** The virtual services of a configuration: each with one real server, by the name that its `virtual=` stands for. */
  readonly text: string;
  readonly healthy: readonly string[];
  readonly dying: string;
  silence(): unknown;
  speak(): unknown;
  close(): Promise<void>;
}

/** In a process of its own, which nothing but the processor holds up. */
async function startFarm(): Promise<Farm> {
  const { key, cert } = certificates.good;
  const setting = JSON.stringify({ slowMs, key: String(key), cert: String(cert) });
  const program = fileURLToPath(new URL("./starved-farm.mjs", import.meta.url));
  const child = spawn(process.execPath, [program, setting], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const ports = JSON.parse(line) as Record<
    "quick" | "slow" | "https" | "dying" | "pop" | "smtp",
    number
  >;

  const service = (name: string, port: number, more = "") => `
virtual=127.1.0.1:${port}
        real=127.0.0.1:${port} masq
        service=${name}
        request="/"
        ${more}
`;
  const { quick, slow, https, dying, pop, smtp } = ports;
  return {
    text: [
      service("http", quick, 'receive="Welcome"'),
      service("http", slow, 'receive="Welcome"'),
      service("https", https, 'virtualhost="name.example"'),
      service("pop", pop, 'login="x"\n        passwd="y"'),
      service("smtp", smtp),
      service("http", dying),
    ].join(""),
    healthy: [quick, slow, https, pop, smtp].map((port) => `127.0.0.1:${port}`),
    dying: `127.0.0.1:${dying}`,
    silence: () => child.stdin.write("silence\n"),
    speak: () => child.stdin.write("speak\n"),
    close: async () => {
      child.stdin.end();
      await once(child, "close");
    },
  };
}

/** A running daemon for the farm and what `more` adds, with every server of the farm in its table. */
async function director(more = ""): Promise<{ readonly site: Site; readonly pid: number }> {
  const site = new Site();
  sites.push(site);
  const globals = `logfile="${site.logFile}"
checkinterval=${intervalSec}
checktimeout=${timeoutSec}
negotiatetimeout=${timeoutSec}
quiescent=no
`;
  site.write("web.cf", globals + farm.text + more);
  const pid = await site.start();
  for (const server of [...farm.healthy, farm.dying]) {
    await site.logged(
      `Added real server: ${server} (${server.replace("127.0.0.1", "127.1.0.1")}) (Weight set to 1)`,
    );
  }
  return { site, pid };
}

const gone = (site: Site): string[] =>
  site.lines().flatMap((line) => /^Deleted real server: (\S+)/.exec(line)?.[1] ?? []);

const rhythms = [
  [60, 30],
  [100, 100],
  [250, 100],
  [400, 400],
  [700, 200],
  [900, 300],
  [1500, 500],
  [2500, 300],
] as const;

test("held up in any rhythm, a silent server goes and no healthy one does", {
  timeout: 90_000,
}, async () => {
  const directors = await Promise.all(rhythms.map(() => director()));
  farm.silence();
  const begin = performance.now();
  const outAfter = await Promise.all(
    directors.map(async ({ site, pid }, i) => {
      const [stopMs = 0, runMs = 0] = rhythms[i] ?? [];
      let out = Number.POSITIVE_INFINITY;
      while (performance.now() - begin < boundMs + 3000) {
        process.kill(pid, "SIGSTOP");
        await sleep(stopMs);
        process.kill(pid, "SIGCONT");
        await sleep(runMs);
        if (out === Number.POSITIVE_INFINITY && gone(site).includes(farm.dying)) {
          out = performance.now() - begin;
        }
      }
      return out;
    }),
  );
  const seen = directors.map(({ site }, i) => ({
    rhythm: rhythms[i],
    isInTime: (outAfter[i] ?? 0) <= boundMs,
    gone: gone(site),
  }));
  expect(seen, JSON.stringify(outAfter)).toEqual(
    rhythms.map((rhythm) => ({ rhythm, isInTime: true, gone: [farm.dying] })),
  );
});

test("with twice the checks that it can do, the same", { timeout: 120_000 }, async () => {
  // Nobody listens there: each is down with its first check, and asked on.
  const refusing = Array.from({ length: 64 }, (_, i) => {
    const reals = Array.from(
      { length: 500 },
      (_, k) => `        real=127.2.${i}.${k % 250}:${9 + (k >> 7)} masq`,
    );
    return `\nvirtual=127.3.0.${i + 1}:80\n${reals.join("\n")}\n        checktype=connect\n`;
  });
  const { site } = await director(refusing.join(""));
  await site.logged(/^Checks run late: /);
  farm.silence();
  const begin = performance.now();
  while (!gone(site).includes(farm.dying) && performance.now() - begin < boundMs) await sleep(50);
  const outAfterMs = performance.now() - begin;
  while (performance.now() - begin < boundMs) await sleep(100);
  expect(gone(site), `after ${outAfterMs} ms`).toEqual([farm.dying]);
});
