import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "../model/error-text.ts";

/** What a look at the file gives. `setAside`: why it was not understood, and where it is now. */
export interface Found<T> {
  /** Absent: there is none, or it was set aside. */
  readonly value?: T;
  readonly setAside?: { readonly to: string; readonly cause: string };
}

/** A file of ours that outlives the daemon: written whole, or not at all. */
export class WholeFile {
  readonly path: string;
  readonly #maxBytes: number;
  #saving: Promise<unknown> = Promise.resolve();

  constructor(path: string, maxBytes: number) {
    this.path = path;
    this.#maxBytes = maxBytes;
  }

  /**
   * One that `read` does not understand is renamed and obeyed in nothing.
   * @throws the system's error when it is there and cannot be read
   */
  async load<T>(read: (text: string) => T | Promise<T>): Promise<Found<T>> {
    let bytes: Buffer;
    try {
      bytes = await readFile(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
      throw error;
    }
    try {
      if (bytes.length > this.#maxBytes)
        throw new Error(`it has more than ${this.#maxBytes} bytes`);
      return { value: await read(bytes.toString()) };
    } catch (error) {
      const to = `${this.path}.set-aside`;
      await rename(this.path, to);
      return { setAside: { to, cause: messageOf(error) } };
    }
  }

  /**
   * One at a time, in the order of the calls.
   * @param text undefined: there is to be none
   * @throws the system's error: then the file is as it was
   */
  save(text: string | undefined): Promise<void> {
    const saved = this.#saving.then(() => this.#write(text));
    this.#saving = saved.catch(() => {});
    return saved;
  }

  async #write(text: string | undefined): Promise<void> {
    if (text === undefined) {
      await rm(this.path, { force: true });
      return;
    }
    const folder = dirname(this.path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const fresh = `${this.path}.new`;
    const file = await open(fresh, "w", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, this.path);
    const place = await open(folder);
    try {
      await place.sync();
    } finally {
      await place.close();
    }
  }
}
