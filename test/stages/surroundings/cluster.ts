import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { type Namespace, spawnIn } from "../../lab/namespace.ts";
import { until } from "../../lab/until.ts";
import { attempt, succeed } from "./attempt.ts";

/** Debian's Corosync and Pacemaker on this machine, as a cluster of one. */
export async function startCluster(): Promise<void> {
  await writeFile(
    "/etc/corosync/corosync.conf",
    `totem {
  version: 2
  cluster_name: lab
  transport: udpu
  crypto_cipher: none
  crypto_hash: none
}
nodelist {
  node {
    ring0_addr: 127.0.0.1
    name: director
    nodeid: 1
  }
}
quorum {
  provider: corosync_votequorum
}
logging {
  to_syslog: yes
}
`,
  );
  await mkdir("/etc/pacemaker", { recursive: true });
  await writeFile("/etc/pacemaker/authkey", "a key of this test, and of no other", { mode: 0o640 });
  await succeed("chgrp", "haclient", "/etc/pacemaker/authkey");
  await succeed("systemctl", "start", "corosync", "pacemaker");
  await untilMonitor(/director: online/);
  // One node has no one who could fence it.
  for (const [name, value] of [
    ["stonith-enabled", "false"],
    ["no-quorum-policy", "ignore"],
    ["start-failure-is-fatal", "true"],
  ]) {
    await succeed(
      "crm_attribute",
      "--type",
      "crm_config",
      "--name",
      `${name}`,
      "--update",
      `${value}`,
    );
  }
}

export async function stopCluster(): Promise<void> {
  await attempt("systemctl", "stop", "pacemaker", "corosync");
}

/** What `crm_mon` shows. */
export const monitor = async (): Promise<string> => {
  const { out, err } = await attempt("crm_mon", "-1", "-r", "-n");
  return out + err;
};

export function untilMonitor(wanted: RegExp): Promise<string> {
  return until(monitor, (text) => wanted.test(text), `crm_mon shows ${wanted}`, 300_000, 1000);
}

/** Until the cluster has nothing left to do. */
export const settled = (): Promise<string> => succeed("crm_resource", "--wait", "--timeout=300s");

/** @param scope `resources` or `constraints`, the outermost element of `xml` */
export const configure = (scope: string, xml: string): Promise<string> =>
  succeed("cibadmin", "--modify", "--allow-create", "--scope", scope, "--xml-text", xml);

/**
 * A second node in a namespace of this machine, with processes and a /run of its own: what Pacemaker calls a remote
 * node, a member without Corosync.
 */
export class RemoteNode {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static start(namespace: Namespace): RemoteNode {
    const inside = [
      "mount -t tmpfs run /run",
      "mount -t tmpfs shm /dev/shm",
      "mkdir -p /run/lock /run/resource-agents",
      "exec /srv/pacemaker-remote/usr/sbin/pacemaker-remoted",
    ].join(" && ");
    const own = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    return new RemoteNode(
      spawnIn(namespace, "unshare", [...own, "sh", "-c", inside], {
        stdio: ["ignore", "inherit", "inherit"],
      }),
    );
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await closed;
  }
}
