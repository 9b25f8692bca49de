import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Folder extends Disposable {
  readonly path: string;
  /** The path of `name` in it. */
  at(name: string): string;
  /** Writes a file and returns its path. */
  write(name: string, text: string, mode?: number): string;
  /** Makes a folder in it and returns its path. */
  make(name: string): string;
}

/** A server's own folder, removed at the end. @param owner whose all of it is, when not ours */
export function makeFolder(owner?: { readonly uid: number; readonly gid: number }): Folder {
  const path = mkdtempSync(join(tmpdir(), "ldirectord-ng-service-"));
  const give = (name: string): void => {
    if (owner !== undefined) chownSync(name, owner.uid, owner.gid);
  };
  // A server that changes its user later must still be able to pass through.
  chmodSync(path, 0o711);
  give(path);
  const at = (name: string): string => join(path, name);
  return {
    path,
    at,
    write(name, text, mode = 0o600) {
      writeFileSync(at(name), text, { mode });
      give(at(name));
      return at(name);
    },
    make(name) {
      mkdirSync(at(name), { mode: 0o755 });
      give(at(name));
      return at(name);
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Whether a server can be run as another user. */
export const mayChooseUser = (): boolean => process.getuid?.() === 0;
