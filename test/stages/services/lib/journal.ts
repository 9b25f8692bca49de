import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";

const journald = "/lib/systemd/systemd-journald";
const catalog = fileURLToPath(
  new URL("../../../../packaging/ldirectord-ng.catalog", import.meta.url),
);

/** Why there can be no journal here; undefined when there can. */
export function cannotJournal(): string | undefined {
  if (spawnSync("unshare", ["--mount", "true"]).status !== 0) return "no mount namespace (root)";
  if (spawnSync(journald, ["--version"]).status !== 0) return `no ${journald}`;
  return undefined;
}

/** Everything that journald reads or writes is its own; then it is journald in the place of this shell. */
const inside = `
for place in /run /var/log /var/lib/systemd/catalog /usr/lib/systemd/catalog; do mkdir -p $place; mount -t tmpfs tmpfs $place; done
mkdir -p /run/systemd/journal /run/log/journal
echo 0123456789abcdef0123456789abcdef >/run/machine-id
[ -e /etc/machine-id ] && mount --bind /run/machine-id /etc/machine-id
cp "$1" /usr/lib/systemd/catalog/
journalctl --update-catalog
exec ${journald}`;

type Entry = Readonly<Record<string, string>>;

/** A systemd-journald with a mount namespace of its own: nothing of this host's journal is seen or touched. */
export class Journal {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async open(): Promise<Journal> {
    const child = spawn(
      "unshare",
      ["--mount", "--propagation", "private", "sh", "-ec", inside, "sh", catalog],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    const journal = new Journal(child);
    await vi.waitFor(() => journal.run("test", "-S", "/run/systemd/journal/socket"), {
      timeout: 30_000,
      interval: 50,
    });
    return journal;
  }

  /** The words that run a program where this journal is the system's. */
  get prefix(): readonly string[] {
    return ["nsenter", "--mount", "--target", String(this.#child.pid)];
  }

  run(...command: readonly string[]): string {
    const [program = "", ...args] = [...this.prefix, ...command];
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  }

  /** @param matches as an operator writes them: `VIRTUAL=127.0.0.1:80` */
  entries(...matches: readonly string[]): readonly Entry[] {
    const lines = this.run("journalctl", "-o", "json", "--all", ...matches).split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  }

  /** The entries that match, once there are any. */
  async told(...matches: readonly string[]): Promise<readonly Entry[]> {
    return vi.waitFor(
      () => {
        const entries = this.entries("-t", "ldirectord", ...matches);
        if (entries.length === 0) throw new Error(`not in the journal: ${matches.join(" ")}`);
        return entries;
      },
      { timeout: 30_000, interval: 100 },
    );
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async close(): Promise<void> {
    const gone = once(this.#child, "close");
    this.#child.kill("SIGCONT");
    this.#child.kill("SIGTERM");
    await gone;
  }
}
