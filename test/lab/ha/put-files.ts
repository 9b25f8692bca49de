import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { ClusterNode } from "./node.ts";

/** Everything below a folder of an example, to where it says, with its mode. @param to another folder than the root */
export async function putFiles(node: ClusterNode, folder: string, to = ""): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const source = join(entry.parentPath, entry.name);
    const { mode } = await stat(source);
    await node.copy(source, `${to}/${relative(folder, source)}`, mode & 0o777);
  }
}
