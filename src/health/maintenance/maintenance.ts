import { readdir } from "node:fs/promises";
import type { Logger } from "../../log/logger.ts";
import {
  canonicalAddress,
  type Endpoint,
  formatEndpoint,
  formatHost,
} from "../../model/address.ts";
import { Hostnames, type ReverseLookup } from "./hostnames.ts";
import { systemNames } from "./system-names.ts";

const scanEveryMs = 1000;
/** A directory that is slower than this (a dead NFS server) is reported. */
const slowScanMs = 5000;
/** How long a start or a reload waits for the first look into the directory. */
const firstScanMs = 1000;

/** `10.0.0.3`, `10.0.0.3:80`, `[fd00::2]:80` in the one spelling we compare; undefined for host names. */
export function addressForm(fileName: string): string | undefined {
  const [, bracketed, dotted, port] = /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d+))?$/.exec(fileName) ?? [];
  const address = canonicalAddress(bracketed ?? dotted ?? fileName);
  if (address === undefined) return undefined;
  return port === undefined ? formatHost(address) : `${formatHost(address)}:${Number(port)}`;
}

/**
 * The names that hold a real server out, in the order they are tried: by address and by each host name, every
 * one with the port of the `real=` line (0 when it has none) and without.
 */
export function maintenanceNames(real: Endpoint, hostNames: readonly string[]): readonly string[] {
  const hosts = hostNames.flatMap((full) => {
    const [short] = /^[a-z][0-9A-Za-z-]*(?=\.)/.exec(full) ?? [];
    return short === undefined ? [full] : [full, short];
  });
  const withPort = (host: string) => [`${host}:${real.port}`, host];
  return [formatEndpoint(real), formatHost(real.address), ...hosts.flatMap(withPort)];
}

/** What lies in a directory: comparable name to file name. */
const filesByName = (names: readonly string[]): ReadonlyMap<string, string> =>
  new Map(names.map((name) => [addressForm(name) ?? name, name]));

/** Tells which file holds a real server out, if one does. */
export type FileFor = (real: Endpoint) => string | undefined;

/** @param hostNamesOf those of an address, as far as they are known */
export function heldBy(
  names: readonly string[],
  hostNamesOf: (address: string) => readonly string[] = () => [],
): FileFor {
  const files = filesByName(names);
  return (real) => fileIn(files, maintenanceNames(real, hostNamesOf(real.address)));
}

function fileIn(files: ReadonlyMap<string, string>, names: readonly string[]): string | undefined {
  for (const name of names) {
    const file = files.get(name);
    if (file !== undefined) return file;
  }
  return undefined;
}

type ReadDirectory = (path: string) => Promise<readonly string[]>;

/** Settles a second later at most; undefined when there was nothing to be read by then. */
export async function firstLook(
  path: string,
  read: ReadDirectory = readdir,
): Promise<readonly string[] | undefined> {
  return new Promise((resolve) => {
    const patience = setTimeout(() => resolve(undefined), firstScanMs);
    const tell = (found?: readonly string[]) => {
      clearTimeout(patience);
      resolve(found);
    };
    // What went wrong is told by the next look, a moment later.
    read(path).then(tell, () => tell());
  });
}

export interface MaintenanceOptions {
  readonly log: Logger;
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
  /** A real server at this address (any: where none is given) may have entered or left. */
  readonly onChange: (address?: string) => void;
  readonly readDirectory?: ReadDirectory;
  readonly lookup?: ReverseLookup;
}

interface Watching {
  readonly path: string;
  wasRead: boolean;
}

/**
 * `maintenancedir`: read once a second for all real servers. A directory that does not exist holds nobody
 * out, as with the original. One that exists but cannot be read changes nothing: what was known of it stays. Of a
 * directory that was never read that is nothing: the files of the one before, which no file names any more, hold
 * nobody out.
 */
export class Maintenance {
  readonly #options: MaintenanceOptions;
  readonly #hostnames: Hostnames;
  /** What the first look into a directory found, until it is watched. */
  #ahead: { readonly path: string; readonly names: readonly string[] } | undefined;
  /** A new object for each directory, so that a late answer about an earlier one is known as such. */
  #watching: Watching | undefined;
  #addresses: ReadonlySet<string> = new Set();
  #reals: readonly Endpoint[] = [];
  /** Files of which it is not known yet whether they fit somebody. */
  #unmatched: readonly string[] = [];
  /** Comparable name to file name. */
  #files: ReadonlyMap<string, string> = new Map();
  #listing = "";
  #hasHostNames = false;
  /** Code of the error that was logged; undefined while all is well. */
  #trouble: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #slow: NodeJS.Timeout | undefined;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
    this.#hostnames = new Hostnames(
      options.lookup ?? systemNames(),
      options.clock,
      options.onChange,
    );
  }

  /**
   * A first look into a directory that is to be watched next, so that nobody in it is taken up meanwhile. Changes
   * nothing. Settles a second later at most.
   */
  async lookAhead(path: string | undefined): Promise<void> {
    if (path === undefined || path === this.#watching?.path) return;
    const names = await firstLook(path, this.#options.readDirectory);
    this.#ahead = names && { path, names };
  }

  /** Who would be held out if `path` were watched from now on. Leaves nothing behind, for `watch` neither. */
  async outlook(path: string | undefined): Promise<FileFor> {
    const isWatched = path === this.#watching?.path;
    if (path === undefined || isWatched) return isWatched ? this.#asNow : () => undefined;
    const names = await firstLook(path, this.#options.readDirectory);
    return names === undefined
      ? this.#asNow
      : heldBy(names, (address) => this.#hostnames.of(address));
  }

  readonly #asNow: FileFor = (real) => this.fileFor(real);

  /** From now on this directory (undefined: none) and these real servers. Whoever calls looks at all of them itself. */
  watch(
    path: string | undefined,
    addresses: ReadonlySet<string>,
    reals: readonly Endpoint[] = [],
  ): void {
    this.#addresses = addresses;
    this.#reals = reals;
    this.#hostnames.keepOnly(addresses);
    if (path === this.#watching?.path) {
      this.#refreshNames();
      return;
    }
    clearTimeout(this.#timer);
    this.#trouble = undefined;
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (path === undefined) {
      this.#watching = undefined;
      this.#learn([]);
      return;
    }
    if (ahead?.path === path) this.#learn(ahead.names);
    const watching = { path, wasRead: ahead?.path === path };
    this.#watching = watching;
    void this.#scan(watching);
  }

  /** The file that holds this real server out, from memory. */
  fileFor(real: Endpoint): string | undefined {
    if (this.#files.size === 0) return undefined;
    const hostNames = this.#hasHostNames ? this.#hostnames.of(real.address) : [];
    return fileIn(this.#files, maintenanceNames(real, hostNames));
  }

  stop(): void {
    this.#watching = undefined;
    clearTimeout(this.#timer);
    clearTimeout(this.#slow);
    this.#hostnames.stop();
  }

  /** One look, and the next one a second later. */
  async #scan(watching: Watching): Promise<void> {
    const { path } = watching;
    clearTimeout(this.#slow);
    const slow = setTimeout(() => {
      const cause = `no answer for ${slowScanMs} ms`;
      if (watching !== this.#watching) return;
      this.#complain(path, "ETIMEDOUT", cause);
      if (!watching.wasRead) this.#tellNews([]);
    }, slowScanMs);
    this.#slow = slow;
    const found = await this.#read(path).catch((error: NodeJS.ErrnoException) => error);
    clearTimeout(slow);
    if (watching !== this.#watching) return;
    if (!(found instanceof Error)) {
      this.#trouble = undefined;
      watching.wasRead = true;
      this.#tellNews(found);
      this.#tellUnmatched(path);
    } else {
      this.#complain(path, found.code ?? "unknown", found.message);
      if (found.code === "ENOENT" || !watching.wasRead) this.#tellNews([]);
    }
    this.#timer = setTimeout(() => void this.#scan(watching), scanEveryMs);
  }

  #read(path: string): Promise<readonly string[]> {
    return (this.#options.readDirectory ?? readdir)(path);
  }

  #complain(path: string, code: string, cause: string): void {
    if (this.#trouble === code) return;
    this.#trouble = code;
    this.#options.log.event("maintenance-dir-unreadable", { path, cause });
  }

  /** @returns whether these are others than before */
  #learn(names: readonly string[]): boolean {
    const listing = names.toSorted().join("/");
    const isNew = listing !== this.#listing;
    if (isNew) {
      this.#listing = listing;
      this.#files = filesByName(names);
      this.#hasHostNames = names.some((name) => addressForm(name) === undefined);
      // What an editor leaves for a moment is no slip in a name.
      this.#unmatched = names.filter((name) => !/^\.|~$/.test(name));
    }
    this.#refreshNames();
    return isNew;
  }

  #tellNews(names: readonly string[]): void {
    if (this.#learn(names)) this.#options.onChange();
  }

  /** Once for each file; a host name only when the names of all servers are known. */
  #tellUnmatched(path: string): void {
    if (this.#unmatched.length === 0 || this.#reals.length === 0) return;
    const areNamesKnown = this.#hostnames.knowsAll(this.#addresses);
    const waits = (name: string) => addressForm(name) === undefined && !areNamesKnown;
    const [later, now] = [
      this.#unmatched.filter(waits),
      this.#unmatched.filter((it) => !waits(it)),
    ];
    this.#unmatched = later;
    if (now.length === 0) return;
    const names = new Set(
      this.#reals.flatMap((real) => maintenanceNames(real, this.#hostnames.of(real.address))),
    );
    for (const file of now) {
      if (names.has(addressForm(file) ?? file)) continue;
      this.#options.log.event("maintenance-unmatched", { file, path });
    }
  }

  #refreshNames(): void {
    if (this.#hasHostNames) this.#hostnames.refresh(this.#addresses);
  }
}
