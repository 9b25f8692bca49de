/** The page's parts by their ids, and the ids of the virtual services in the order in which they are shown. */
export interface Rendered {
  readonly at: number;
  /** Whether it may be large, or has to be dense. */
  readonly size: "few" | "some" | "many";
  readonly title: string;
  readonly parts: ReadonlyMap<string, string>;
  readonly order: readonly string[];
}

interface Part {
  readonly text: string;
  readonly version: number;
}

/** All parts as they are, each with the version that it is from: whoever looks is told what is newer than its own. */
export class Parts {
  #version = 0;
  #at = 0;
  #parts = new Map<string, Part>();
  #head = { title: "", order: "", version: 0 };
  /** By the version that is left behind: all who look have the same bytes. */
  readonly #events = new Map<number, Buffer>();
  readonly #epoch: string;

  /** @param epoch another one after another start */
  constructor(epoch: string) {
    this.#epoch = epoch;
  }

  get version(): number {
    return this.#version;
  }

  get tag(): string {
    return `${this.#epoch}.${this.#version}`;
  }

  /** @returns the version that a tag is of; 0, which has nothing yet, for one of another time */
  versionOf(tag: string): number {
    const [epoch, number = ""] = tag.split(".");
    if (epoch !== this.#epoch || !/^\d{1,15}$/.test(number)) return 0;
    return Math.min(Number(number), this.#version);
  }

  /** Goes on to these. */
  update({ at, title, parts, order }: Rendered): void {
    const version = this.#version + 1;
    const next = new Map<string, Part>();
    let isChanged = parts.size !== this.#parts.size;
    for (const [id, text] of parts) {
      const before = this.#parts.get(id);
      const isSame = before?.text === text;
      isChanged ||= !isSame;
      next.set(id, isSame ? before : { text, version });
    }
    const ids = JSON.stringify(order);
    if (title !== this.#head.title || ids !== this.#head.order) {
      this.#head = { title, order: ids, version };
      isChanged = true;
    }
    if (!isChanged) return;
    this.#at = at;
    this.#parts = next;
    this.#version = version;
    this.#events.clear();
  }

  /** What has changed since then, as a server-sent event. */
  since(version: number): Buffer {
    const made = this.#events.get(version) ?? this.#eventSince(version);
    this.#events.set(version, made);
    return made;
  }

  #eventSince(version: number): Buffer {
    const changed = [...this.#parts].filter(([, part]) => part.version > version);
    const parts = JSON.stringify(Object.fromEntries(changed.map(([id, { text }]) => [id, text])));
    const { title, order } = this.#head;
    const head =
      this.#head.version > version ? `,"title":${JSON.stringify(title)},"order":${order}` : "";
    return Buffer.from(
      `id: ${this.tag}\nevent: parts\ndata: {"at":${this.#at},"parts":${parts}${head}}\n\n`,
    );
  }
}
