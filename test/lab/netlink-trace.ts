import { readFile } from "node:fs/promises";

/** One send to the kernel's IPVS table, and the reads until the next one. */
export interface Exchange {
  /** Of linux/ip_vs.h; of a long batch only its first ones. */
  readonly commands: readonly number[];
  /** Messages in this send. */
  readonly messages: number;
  readonly reads: number;
}

/** Commands that only ask: GET_SERVICE, GET_DEST, GET_DAEMON, GET_CONFIG, GET_INFO. */
const asking = new Set([4, 8, 11, 13, 15]);

export const isChange = ({ commands }: Exchange): boolean =>
  commands.some((command) => !asking.has(command));

/** strace and what it is told: stop the program at these calls only, and leave our child's pid to the program (-D). */
export function traced(file: string): readonly string[] {
  const calls = "trace=sendto,sendmsg,recvfrom,recvmsg";
  return ["strace", "-D", "-f", "--seccomp-bpf", "-qq", "-xx", "-s", "16", "-e", calls, "-o", file];
}

/**
 * strace decodes nlmsghdr; of what follows, genlmsghdr, the first byte is the command. A batch is cut short, but its
 * messages are numbered in a row, and the answer to the last one bears its number.
 */
export async function readTrace(file: string): Promise<readonly Exchange[]> {
  const sends: { commands: number[]; first: number; last: number; reads: number }[] = [];
  for (const line of (await readFile(file, "utf8")).split("\n")) {
    const found = / (send|recv)(?:to|from|msg)\(.*?nlmsg_seq=(\d+)/.exec(line);
    if (!found) continue;
    const sequence = Number(found[2]);
    if (found[1] === "send") {
      const isTable = !line.includes("nlmsg_type=nlctrl");
      const bytes = [...line.matchAll(/nlmsg_pid=\d+\}, "\\x([0-9a-f]{2})/g)];
      const commands = isTable ? bytes.map(([, hex]) => Number.parseInt(hex ?? "", 16)) : [];
      sends.push({ commands, first: sequence, last: sequence, reads: 0 });
    } else {
      const send = sends.at(-1);
      if (!send) continue;
      send.reads += 1;
      send.last = Math.max(send.last, sequence);
    }
  }
  return sends
    .filter(({ commands }) => commands.length > 0)
    .map(({ commands, first, last, reads }) => ({ commands, reads, messages: last - first + 1 }));
}
