import { readFile } from "node:fs/promises";

/** A larger file is not read: then an account has a number and no name. */
const maxBytes = 4 * 1024 * 1024;

/** The lines of a file like passwd(5), each at its colons; none when it cannot be read. */
async function lines(path: string): Promise<readonly (readonly string[])[]> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > maxBytes) return [];
    return bytes
      .toString()
      .split("\n")
      .map((line) => line.split(":"));
  } catch {
    return [];
  }
}

/** Of an account of this machine. @param path passwd(5) */
export async function accountName(uid: number, path = "/etc/passwd"): Promise<string> {
  const found = (await lines(path)).find((fields) => fields[2] === String(uid));
  return found?.[0] || `uid ${uid}`;
}

/** @param path group(5) @returns undefined when there is no such group */
export async function groupId(name: string, path = "/etc/group"): Promise<number | undefined> {
  const found = (await lines(path)).find((fields) => fields[0] === name);
  const gid = Number(found?.[2]);
  return found !== undefined && Number.isInteger(gid) ? gid : undefined;
}
