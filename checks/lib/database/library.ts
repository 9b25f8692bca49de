import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { isLocalFault, LocalFault } from "../fault.ts";

const require = createRequire(import.meta.url);

/** More than are open at once while a library is read. */
const spareDescriptors = 8;

/**
 * A protocol library, loaded when the first probe wants it.
 * What failed to load for want of a descriptor stays failed: Node keeps the failure of an `import`, and
 * that a package's description could not be read. So it is only tried with some to spare.
 * @param load `() => import(name)`, spelled out so that a bundler sees it
 * @returns a function that rejects with a LocalFault: a library that cannot be loaded is no server's doing
 */
export function library<T extends object>(name: string, load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  const tryOnce = async (): Promise<T> => {
    try {
      checkDescriptors();
      // An import that failed once is failed for good; require tries again.
      return await load().catch((): T => require(name));
    } catch (cause) {
      const fault = isLocalFault(cause) ?? "LIBRARY";
      throw new LocalFault(fault, `${name} cannot be loaded`, { cause });
    }
  };
  return () => {
    if (loaded !== undefined) return loaded;
    loaded = tryOnce();
    loaded.catch(() => {
      loaded = undefined;
    });
    return loaded;
  };
}

/** @throws the system's error when there are none to spare */
function checkDescriptors(): void {
  const opened: number[] = [];
  try {
    while (opened.length < spareDescriptors) opened.push(openSync("/dev/null", "r"));
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}
