import { createRequire } from "node:module";
import { isLocalFault, LocalFault } from "./fault.ts";

const require = createRequire(import.meta.url);

/**
 * A protocol library, loaded when the first probe wants it.
 * A failed `import` fails for ever after, even when only descriptors were short for a moment; `require`
 * tries again.
 * @param load `() => import(name)`, spelled out so that a bundler sees it
 * @returns a function that rejects with a LocalFault: a library that cannot be loaded is no server's doing
 */
export function library<T extends object>(name: string, load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load()
      .catch((): T => require(name))
      .catch((cause: unknown) => {
        loaded = undefined;
        throw new LocalFault(isLocalFault(cause) ?? "LIBRARY", `${name} cannot be loaded`, {
          cause,
        });
      });
    return loaded;
  };
}
