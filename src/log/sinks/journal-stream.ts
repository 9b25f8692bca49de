import { fstatSync } from "node:fs";

/**
 * Whether standard error leads to the journal: systemd names the stream's device and inode in JOURNAL_STREAM.
 * systemd.exec(5).
 */
export function isJournalStream(
  env: Readonly<Record<string, string | undefined>>,
  fd = 2,
): boolean {
  const [, device, inode] = /^(\d+):(\d+)$/.exec(env["JOURNAL_STREAM"] ?? "") ?? [];
  if (device === undefined || inode === undefined) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return dev === BigInt(device) && ino === BigInt(inode);
  } catch {
    return false;
  }
}
