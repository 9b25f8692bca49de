// Our side of the inner loop, built into our daemon in the place of ipvs/open-kernel.ts (test/lab/program.mjs): the
// interface `Ipvs` over inner/ipvsadm.pl, which stands at /sbin/ipvsadm here.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const forwardings = { gate: "-g", masq: "-m", ipip: "-i" };
const methods = Object.fromEntries(Object.entries(forwardings).map(([name, flag]) => [flag, name]));

function parseEndpoint(text) {
  const at = text.lastIndexOf(":");
  return { address: text.slice(0, at).replace(/[[\]]/g, ""), port: Number(text.slice(at + 1)) };
}
const formatEndpoint = ({ address, port }) =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

function nameOf(key) {
  if (key.kind === "fwmark") return `-f ${key.mark}${key.family === 6 ? " -6" : ""}`;
  return `${key.protocol === "udp" ? "-u" : "-t"} ${formatEndpoint(key.endpoint ?? key)}`;
}
function keyOf(name) {
  const [kind, address, six] = name.split(" ");
  if (kind === "-f") return { kind: "fwmark", mark: Number(address), family: six ? 6 : 4 };
  return { kind: "address", protocol: kind === "-u" ? "udp" : "tcp", ...endpointFields(address) };
}
const endpointFields = (address) => ({ endpoint: parseEndpoint(address) });

const maskNumber = (text) =>
  text.includes(".")
    ? text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0)
    : Number(text);
const maskText = (mask) => [24, 16, 8, 0].map((bits) => (mask >>> bits) & 255).join(".");

function serviceOf(name, options) {
  const value = (flag) => options.match(new RegExp(`-${flag} (\\S+)`))?.[1];
  const flags = (value("b") ?? "").split(",").filter(Boolean);
  const key = keyOf(name);
  const isSix = name.includes("[") || name.endsWith(" -6");
  const mask = value("M");
  return {
    key,
    scheduler: value("s"),
    schedulerFlags: flags.reduce((sum, flag) => sum | (4 << Number(flag.slice(-1))), 0),
    ...(value("p") && { persistenceSec: Number(value("p")) }),
    netmask: mask ? maskNumber(mask) : isSix ? 128 : 0xffffffff,
    isOnePacket: / -o/.test(options),
  };
}

function serviceArguments(service) {
  const { scheduler, schedulerFlags, persistenceSec, netmask, isOnePacket } = service;
  const name = nameOf(service.key);
  const isSix = name.includes("[") || name.endsWith(" -6");
  const flags = [1, 2, 3].filter((n) => schedulerFlags & (4 << n)).map((n) => `flag-${n}`);
  const isWhole = isSix ? netmask === 128 : netmask === 0xffffffff;
  return [
    ...name.split(" "),
    ...["-s", scheduler],
    ...(persistenceSec ? ["-p", String(persistenceSec)] : []),
    ...(isWhole ? [] : ["-M", isSix ? String(netmask) : maskText(netmask)]),
    ...(flags.length > 0 ? ["-b", flags.join(",")] : []),
    ...(isOnePacket ? ["-o"] : []),
  ];
}

const destArguments = (key, dest) => [
  ...nameOf(key).split(" "),
  ...["-r", formatEndpoint(dest.endpoint), forwardings[dest.forwarding]],
  ...["-w", String(dest.weight)],
  ...["-x", String(dest.upperThreshold), "-y", String(dest.lowerThreshold)],
];

const ways = {
  "add-service": (op) => ["-A", ...serviceArguments(op.service)],
  "set-service": (op) => ["-E", ...serviceArguments(op.service)],
  "delete-service": (op) => ["-D", ...nameOf(op.key).split(" ")],
  "add-dest": (op) => ["-a", ...destArguments(op.key, op.dest)],
  "set-dest": (op) => ["-e", ...destArguments(op.key, op.dest)],
  "delete-dest": (op) => ["-d", ...nameOf(op.key).split(" "), "-r", formatEndpoint(op.endpoint)],
};

function read() {
  let text;
  try {
    text = readFileSync("/srv/.table", "utf8");
  } catch {
    return [];
  }
  const rows = new Map();
  for (const line of text.split("\n").slice(0, -1)) {
    const [name, ...rest] = line.split("\t");
    if (rest.length === 1) rows.set(name, { service: serviceOf(name, rest[0]), dests: [] });
    else {
      const [real, forward, weight, upper, lower] = rest;
      rows.get(name).dests.push({
        endpoint: parseEndpoint(real),
        forwarding: methods[forward],
        weight: Number(weight),
        upperThreshold: Number(upper),
        lowerThreshold: Number(lower),
      });
    }
  }
  return [...rows.entries()];
}

export async function openKernelIpvs() {
  return {
    async list(only) {
      const wanted = only && new Set(only.map(nameOf));
      return read()
        .filter(([name]) => !wanted || wanted.has(name))
        .map(([, row]) => row);
    },
    async apply(ops) {
      return ops.map((op) => {
        try {
          execFileSync("/sbin/ipvsadm", ways[op.kind](op), { stdio: "pipe" });
          return undefined;
        } catch {
          return op.kind.startsWith("add") ? "EEXIST" : "ENOENT";
        }
      });
    },
    info: async () => ({ version: "1.2.1", connectionTableSize: 4096 }),
    timeouts: async () => ({ tcp: 900, tcpFin: 120, udp: 300 }),
    close() {},
  };
}
