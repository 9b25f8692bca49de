import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const mark = "BENCH_INSIDE";

/** Ports for 10,000 connections a second, none of them the farm's; queues for as many at once; echo requests for whoever asks. */
const settings = [
  "net.ipv4.ip_local_port_range=10000 65000",
  "net.ipv4.tcp_max_syn_backlog=65535",
  "net.ipv4.ping_group_range=0 2147483647",
  "net.core.somaxconn=65535",
];

/** Whether the kernel has IPVS, so that tables are real ones. */
export const hasIpvs = () => existsSync("/proc/net/ip_vs");

/**
 * Goes on in network, mount and process namespaces of its own: nobody else's ports and packets, and whatever was started
 * ends with the bench. Where the kernel has no IPVS, the original finds an ipvsadm there whose table is empty.
 * Returns inside; outside it ends, when the inside has. Told to end, the outside has the inside do so, too.
 */
export async function goInside() {
  if (process.env[mark] === "1") return;
  const script = [
    "ip link set lo up",
    ...settings.map((setting) => `sysctl -qw "${setting}"`),
    ...(hasIpvs()
      ? []
      : [
          `! [ -e /usr/sbin/ipvsadm ] || mount --bind ${join(import.meta.dirname, "../native/fake-ipvsadm.sh")} /usr/sbin/ipvsadm`,
        ]),
    'exec "$@"',
  ].join(" && ");
  const child = spawn(
    "unshare",
    [
      ...["--net", "--mount", "--pid", "--fork", "--kill-child=SIGTERM", "--mount-proc"],
      ...["sh", "-c", script, "sh", process.execPath, ...process.argv.slice(1)],
    ],
    { stdio: "inherit", env: { ...process.env, [mark]: "1" } },
  );
  child.once("error", ({ message }) => console.error(`no namespace of its own: ${message}`));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => child.kill("SIGKILL"));
  const status = await new Promise((resolve) => child.once("close", resolve));
  process.exit(status ?? 1);
}
