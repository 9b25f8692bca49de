/** The daemon as systemd starts it, beside a real systemd-journald; systemd's own ear is a socket of ours. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { datagramReader } from "../../support/servers/datagram-reader.ts";
import { cli, Site, WebServer } from "../daemon/site.ts";
import { cannotJournal, Journal } from "./lib/journal.ts";

const ten = { timeout: 10_000 };
const why = cannotJournal();
if (why !== undefined) process.stderr.write(`journald skipped: ${why}\n`);

describe.skipIf(why !== undefined)("a service of systemd", () => {
  let journal: Journal;
  let site: Site;
  let web: WebServer;
  let systemd: ReturnType<typeof datagramReader>;
  let service: Service;

  beforeAll(async () => {
    journal = await Journal.open();
  });
  afterAll(() => journal?.close());
  beforeEach(async () => {
    site = new Site();
    web = await WebServer.start();
    systemd = datagramReader(site.path("notify"));
    site.write("environment", `#!/bin/sh\nenv >${site.path("seen")}\n`);
    site.write("web.cf", file());
    service = await Service.start(site, journal, systemd);
  });
  afterEach(async () => {
    await service.end();
    systemd.close();
    await web.stop();
    await site.close();
  });

  const file = () => `logfile="${site.logFile}"
checkinterval=1
checktimeout=5
negotiatetimeout=5
virtual=127.0.0.1:8099
        real=127.0.0.1:${web.port} masq 3
        service=http
        request="/"
        receive="Welcome"
        fallback=127.0.0.2:80 masq
`;
  test("a failure and a recovery are told with fields, and explained", async () => {
    const real = `127.0.0.1:${web.port}`;
    const matches = ["VIRTUAL=127.0.0.1:8099", `REAL=${real}`];
    expect(await journal.told(...matches, "EVENT=real-added")).toMatchObject([
      { WEIGHT: "3", PRIORITY: "5", INSTANCE: "web.cf", CONFIG_FILE: site.cf },
    ]);
    await web.stop();
    const failed = await journal.told(...matches, "EVENT=real-failed");
    expect(failed).toMatchObject([
      {
        // The latter when it was being asked at that moment.
        REASON: expect.stringMatching(/^(refused|closed)$/),
        CHECK: `http ${real}`,
        DURATION_MS: expect.stringMatching(/^\d+$/),
        MESSAGE: expect.stringMatching(/^Check failed: /),
      },
    ]);
    await journal.told("VIRTUAL=127.0.0.1:8099", "EVENT=fallback-added");
    await web.start();
    await journal.told("VIRTUAL=127.0.0.1:8099", "EVENT=fallback-deleted");
    const story = journal.run("journalctl", "-x", "VIRTUAL=127.0.0.1:8099");
    const words = story.replace(/\n(░░|--) ?/g, " ");
    expect(words).toContain("Subject: A check took a real server out");
    expect(words).toContain(
      `The check (http ${real}) said ${failed[0]?.["REASON"]}: connection re`,
    );
    // The file that the configuration names has it all too.
    await site.logged(/^Deleted fallback server: /);
  });

  test("a mistake in the file has its place in fields", async () => {
    site.write("web.cf", `${file()}nonsense\n`);
    process.kill(service.pid, "SIGHUP");
    const entries = await journal.told("EVENT=config-error", `CONFIG_FILE=${site.cf}`);
    expect(entries.map((entry) => entry["CONFIG_LINE"])).toEqual(entries.map(() => "11"));
    await journal.told("EVENT=config-kept", `CONFIG_FILE=${site.cf}`);
  });

  test("systemd hears: ready, a status, reloads, the watchdog, the end", async () => {
    await service.heard(/^STATUS=1 virtual service, 1 of 1 real servers up$/);
    await service.heard(/^WATCHDOG=1$/);
    process.kill(service.pid, "SIGHUP");
    await service.heard(/^RELOADING=1\nMONOTONIC_USEC=\d+$/);
    await vi.waitFor(() => {
      service.listen();
      expect(service.words.filter((word) => word === "READY=1")).toHaveLength(2);
    }, ten);
    process.kill(service.pid, "SIGTERM");
    expect(await service.ended).toBe(0);
    await service.heard(/^STOPPING=1$/);
    expect(site.pid()).toBeUndefined();
  });

  test("programs of the configuration do not speak to systemd in our name", async () => {
    site.write(
      "web.cf",
      `${file()}virtual=127.0.0.1:8098\n        real=127.0.0.1:9 masq\n        checktype=connect\n        fallbackcommand=/bin/sh ${site.path("environment")}\n`,
    );
    process.kill(service.pid, "SIGHUP");
    await vi.waitFor(() => expect(site.read("seen")).toContain("PATH="), { timeout: 20_000 });
    expect(site.read("seen")).not.toMatch(/^(NOTIFY_SOCKET|WATCHDOG_)/m);
  });

  test("a journald that is stuck holds up nothing, and is told later what it missed", async () => {
    await journal.told("EVENT=real-added", `REAL=127.0.0.1:${web.port}`);
    journal.signal("SIGSTOP");
    try {
      // More than its socket holds.
      const reloads = () => site.lines().filter((line) => line.startsWith("Reloading")).length;
      for (let n = 1; n <= 700; n++) {
        process.kill(service.pid, "SIGHUP");
        await vi.waitFor(() => expect(reloads()).toBeGreaterThanOrEqual(n), {
          interval: 1,
          ...ten,
        });
      }
      const mark = site.lines().length;
      await web.stop();
      await site.logged(/^Added fallback server: /, mark);
    } finally {
      journal.signal("SIGCONT");
    }
    await web.start();
    const [lost] = await journal.told("EVENT=log-lost");
    expect(Number(lost?.["LOST"])).toBeGreaterThan(0);
  }, 120_000);
});

/** What systemd says to a service in its environment, beside the socket. */
const asSystemd =
  'export SYSTEMD_EXEC_PID=$$ JOURNAL_STREAM=$(stat -L -c %d:%i /proc/$$/fd/2); exec "$@"';

/** Our daemon, started as systemd would. */
class Service {
  readonly words: string[] = [];
  readonly ended: Promise<number | null>;
  readonly pid: number;
  readonly #systemd: ReturnType<typeof datagramReader>;

  private constructor(
    child: ReturnType<typeof spawn>,
    pid: number,
    systemd: ReturnType<typeof datagramReader>,
    ended: Promise<number | null>,
  ) {
    this.pid = pid;
    this.ended = ended;
    this.#systemd = systemd;
    child.unref();
  }

  /** Waits for READY=1. */
  static async start(
    site: Site,
    journal: Journal,
    systemd: ReturnType<typeof datagramReader>,
  ): Promise<Service> {
    const words = ["systemd-cat", "sh", "-c", asSystemd, "sh"];
    const [program = "", ...args] = [...journal.prefix, ...words];
    const child = spawn(program, [...args, process.execPath, cli, site.cf, "start"], {
      env: { ...process.env, NOTIFY_SOCKET: site.path("notify"), WATCHDOG_USEC: "1000000" },
      stdio: "ignore",
    });
    const ended = once(child, "exit").then(([code]) => code as number | null);
    const service = new Service(child, child.pid ?? 0, systemd, ended);
    await service.heard(/^READY=1$/);
    // nsenter, systemd-cat and the shell each became the next: the daemon has their number.
    expect(site.pid()).toBe(child.pid);
    return service;
  }

  listen(): void {
    this.words.push(...this.#systemd.drain());
  }

  async heard(pattern: RegExp): Promise<void> {
    await vi.waitFor(
      () => {
        this.listen();
        expect(this.words.some((word) => pattern.test(word))).toBe(true);
      },
      { timeout: 30_000, interval: 20 },
    );
  }

  async end(): Promise<void> {
    try {
      process.kill(this.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
    await this.ended;
  }
}
