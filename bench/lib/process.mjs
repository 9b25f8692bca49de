/** CPU time, memory and descriptors of a process with all its children, from /proc. */
import { readdirSync, readFileSync } from "node:fs";

/** Empty when the process has just ended. */
function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function namesIn(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Of the process and all below it. */
function family(pid) {
  const all = [pid];
  for (const one of all) {
    for (const task of namesIn(`/proc/${one}/task`)) {
      const children = read(`/proc/${one}/task/${task}/children`).trim();
      if (children) all.push(...children.split(" ").map(Number));
    }
  }
  return all;
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** Seconds of user and system time, exact; of threads and children that have ended nothing is in it. */
export function cpuOf(pid) {
  const nanoseconds = family(pid).flatMap((one) =>
    namesIn(`/proc/${one}/task`).map((task) =>
      Number(read(`/proc/${one}/task/${task}/schedstat`).split(" ")[0]),
    ),
  );
  return sum(nanoseconds) / 1e9;
}

/** Resident, in MiB. */
export const memoryOf = (pid) =>
  sum(
    family(pid).map((one) => Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${one}/status`))?.[1] ?? 0)),
  ) / 1024;

export const descriptorsOf = (pid) =>
  sum(family(pid).map((one) => namesIn(`/proc/${one}/fd`).length));

/** In hundredths of a second, of all processors. */
export function machineTicks() {
  const [user, nice, system, , , irq, softirq, steal] = read("/proc/stat")
    .split("\n")[0]
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return { busy: user + nice + system + irq + softirq, steal };
}

/** In hundredths of a second, of this process and all below it that have ended. */
export const ownTicks = () =>
  sum(read("/proc/self/stat").split(") ")[1].split(" ").slice(11, 15).map(Number));
