/** Rows into the kernel's table: ours beside `ipvsadm -R`, which is handed the same. Wants a kernel with IPVS: bench/lab.mjs. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { measured } from "../lib/measure.mjs";
import { hasIpvs } from "../lib/namespace.mjs";

const part = (path) => import(join(import.meta.dirname, "../../dist", path));

/**
 * An empty table, with nothing behind it: what is gone the kernel keeps for minutes, in a list that it walks for each
 * server that comes (ip_vs_trash_get_dest in ip_vs_ctl.c), so that whoever is second is asked for more.
 */
function startAnew() {
  const commands = [
    ["ipvsadm", "-C"],
    ["modprobe", "-r", "ip_vs_wrr", "ip_vs"],
    ["modprobe", "-a", "ip_vs", "ip_vs_wrr"],
  ];
  for (const [program, ...args] of commands) {
    const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
  }
}

const layoutOf = ({ services, each }) =>
  Array.from({ length: services }, (_, v) => ({
    host: `10.30.${v >> 8}.${v & 255}`,
    reals: Array.from({ length: each }, (_, r) => {
      const i = v * each + r;
      return `10.${40 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
    }),
  }));

/** As the reconciler has it. */
function ops(layout) {
  const keyOf = (host) => ({
    kind: "address",
    protocol: "tcp",
    endpoint: { address: host, port: 80 },
  });
  return layout.flatMap(({ host, reals }) => [
    {
      kind: "add-service",
      service: {
        ...{ key: keyOf(host), scheduler: "wrr", schedulerFlags: 0 },
        ...{ netmask: 0xffffffff, isOnePacket: false },
      },
    },
    ...reals.map((address) => ({
      kind: "add-dest",
      key: keyOf(host),
      dest: {
        ...{ endpoint: { address, port: 80 }, forwarding: "gate", weight: 1 },
        ...{ upperThreshold: 0, lowerThreshold: 0 },
      },
    })),
  ]);
}

const rulesOf = (layout) =>
  layout
    .flatMap(({ host, reals }) => [
      `-A -t ${host}:80 -s wrr\n`,
      ...reals.map((address) => `-a -t ${host}:80 -r ${address}:80 -g -w 1\n`),
    ])
    .join("");

async function ours(layout) {
  const { openKernelIpvs } = await part("src/ipvs/open-kernel.js");
  const ipvs = await openKernelIpvs();
  const all = ops(layout);
  const { value, wallMs, stallMs } = await measured(() => ipvs.apply(all));
  ipvs.close();
  const refused = value.filter((result) => result !== undefined);
  if (refused.length > 0) throw new Error(`${refused.length} refused: ${refused[0]}`);
  return { wallMs, stallMs };
}

function ipvsadm(layout) {
  const input = rulesOf(layout);
  const begun = performance.now();
  const { status, stderr } = spawnSync("ipvsadm", ["-R"], { input, encoding: "utf8" });
  if (status !== 0) throw new Error(`ipvsadm -R: ${stderr}`);
  return performance.now() - begun;
}

export const apply = {
  name: "apply",
  about: "rows into the kernel's table, beside ipvsadm -R (a kernel with IPVS: bench/lab.mjs)",
  sizes: {
    small: { layouts: [{ services: 200, each: 20 }] },
    record: {
      layouts: [
        { services: 2000, each: 20 },
        { services: 1, each: 10_000 },
      ],
    },
    full: {
      layouts: [
        { services: 2000, each: 20 },
        { services: 1, each: 5000 },
        { services: 1, each: 10_000 },
      ],
    },
  },
  async run(bench, { layouts }) {
    if (!hasIpvs()) {
      console.error("apply: this kernel has no IPVS; node bench/lab.mjs apply brings one");
      return;
    }
    for (const { services, each } of layouts) {
      const layout = layoutOf({ services, each });
      const [values, stalls] = [{ ours: [], ipvsadm: [] }, []];
      for (let round = 0; round < bench.rounds; round++) {
        startAnew();
        const { wallMs, stallMs } = await ours(layout);
        values.ours.push(wallMs);
        stalls.push(stallMs);
        startAnew();
        values.ipvsadm.push(ipvsadm(layout));
      }
      const figure = { row: "apply", at: `${services}x${each} servers`, unit: "ms" };
      const goal = { atMost: 0.6, of: "ipvsadm" };
      bench.figure({ ...figure, what: "whole table", values, goal });
      bench.figure({ ...figure, what: "longest hold-up of the loop", values: { ours: stalls } });
    }
  },
};
