import type { Snapshot } from "../../../src/status/snapshot.ts";
import { example } from "../director.ts";
import type { Namespace } from "../namespace.ts";
import { until } from "../until.ts";
import { ClusterNode, type NodeProgram } from "./node.ts";
import { putFiles } from "./put-files.ts";

export type HostName = "fw1" | "fw2";
const cf = "/etc/ha.d/ldirectord.cf";
const identity = "/etc/ssh/identity";
const hostKey = "/etc/ssh/host_key";

const sshdConfig = `HostKey ${hostKey}
AuthorizedKeysFile /etc/ssh/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PidFile none
`;

/** A director with the files of examples/ha/callback, and an sshd with keys of its own. */
export class SameFileHost {
  readonly name: HostName;
  readonly node: ClusterNode;
  #director: NodeProgram | undefined;
  #sshd: NodeProgram | undefined;

  private constructor(name: HostName, node: ClusterNode) {
    this.name = name;
    this.node = node;
  }

  static async open(name: HostName, namespace: Namespace): Promise<SameFileHost> {
    const node = await ClusterNode.start(namespace, name);
    const host = new SameFileHost(name, node);
    await putFiles(node, example("ha/callback"));
    await node.run("mkdir", "-p", "/run/sshd", "/var/lib/ldirectord");
    await node.write("/etc/ssh/sshd_config", sshdConfig);
    await node.write("/etc/ssh/ssh_config", host.clientConfig(identity));
    await host.newKey(identity);
    await host.newKey(hostKey);
    return host;
  }

  /** Of ssh: with this key, and no question. */
  clientConfig(key: string): string {
    return `IdentityFile ${key}
GlobalKnownHostsFile /etc/ssh/known_hosts
UserKnownHostsFile /dev/null
UpdateHostKeys no
`;
  }

  /** @returns its public part, as a line of authorized_keys */
  async newKey(file: string): Promise<string> {
    await this.node.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file);
    return this.node.read(`${file}.pub`);
  }

  /** Each lets the other in, and knows it; the other is whom sync-to-peer names. */
  async meet(other: SameFileHost, addresses: Readonly<Record<HostName, string>>): Promise<void> {
    const { node } = this;
    const hosts = Object.entries(addresses).map(([name, address]) => `${address} ${name}\n`);
    await node.write("/etc/hosts", `127.0.0.1 localhost\n${hosts.join("")}`);
    await node.write("/etc/ssh/authorized_keys", await other.node.read(`${identity}.pub`));
    const key = await other.node.read(`${hostKey}.pub`);
    await node.write("/etc/ssh/known_hosts", `${other.name} ${key}`);
    const conf = "/etc/ha.d/sync-to-peer.conf";
    const text = await node.read(conf);
    await node.write(conf, text.replace("root@fw2:", `root@${other.name}:`));
  }

  /** @returns puts it back */
  async replace(file: string, text: string): Promise<() => Promise<void>> {
    const before = await this.node.read(file);
    await this.node.write(file, text);
    return () => this.node.write(file, before);
  }

  async startSsh(): Promise<void> {
    this.#sshd = this.node.spawn("/usr/sbin/sshd", "-D", "-e");
    const listens = () => this.node.shell("ss -Htln sport = 22");
    await until(listens, ({ out }) => out.includes(":22"), `sshd of ${this.name} listens`);
  }

  async stopSsh(): Promise<void> {
    await this.#sshd?.end("SIGTERM");
  }

  startDirector(): void {
    this.#director = this.node.spawn("/usr/sbin/ldirectord", "-d", cf, "start");
  }

  /** As an editor writes it: at once. */
  edit(text: string): Promise<void> {
    return this.node.write(cf, text);
  }

  file(): Promise<string> {
    return this.node.read(cf);
  }

  sync(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
    return this.node.shell(["/etc/ha.d/sync-to-peer", ...args, cf].join(" "));
  }

  compare(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
    return this.node.shell(["ldirectorctl compare", ...args].join(" "));
  }

  /** What sync-to-peer remembers; nothing, before it was first called. */
  history(): Promise<string> {
    return this.node.read("/var/lib/ldirectord/sync-to-peer.ldirectord.cf").catch(() => "");
  }

  get log(): string {
    return `${this.#director?.log ?? ""}\n${this.#sshd?.log ?? ""}`;
  }

  /** How often its daemon found the file changed. */
  changes(): number {
    return this.log.match(/has changed on disk/g)?.length ?? 0;
  }

  logged(pattern: RegExp): Promise<string> {
    return until(
      async () => this.log,
      (log) => pattern.test(log),
      `${this.name} logs ${pattern}`,
    );
  }

  /** Of the first real server, in the table. */
  async weight(): Promise<number | undefined> {
    const { out, code } = await this.node.shell("ldirectorctl status --json");
    if (code !== 0) return undefined;
    const { services } = JSON.parse(out) as Snapshot;
    return services[0]?.servers[0]?.weight;
  }
}
