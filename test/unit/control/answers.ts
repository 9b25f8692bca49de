/** Reads the answers of an HTTP server off a connection, as far as their status. */

/** @param methods of the requests, in order: an answer to HEAD has no body */
export class Answers {
  readonly statuses: number[] = [];
  /** The server has said that it hangs up. */
  isLast = false;
  readonly #methods: readonly string[];
  #rest = "";
  /** Bytes of a body that are to come; "chunked": until its last chunk. */
  #body: number | "chunked" = 0;

  constructor(methods: readonly string[]) {
    this.#methods = methods;
  }

  /** Of those whose end was read. */
  get whole(): number {
    return this.#body === 0 ? this.statuses.length : this.statuses.length - 1;
  }

  add(bytes: Buffer): void {
    this.#rest += bytes.toString("latin1");
    while (this.#step()) {
      // On to the next part.
    }
  }

  /** @returns whether there may be more */
  #step(): boolean {
    if (this.#body === "chunked") return this.#chunk();
    if (this.#body > 0) {
      const taken = Math.min(this.#body, this.#rest.length);
      this.#rest = this.#rest.slice(taken);
      this.#body -= taken;
      return taken > 0;
    }
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const head = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 4);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    if (status === 100) return true;
    const method = this.#methods[this.statuses.length];
    this.statuses.push(status);
    this.isLast ||= /\r\nconnection: close/i.test(head);
    if (status === 204 || method === "HEAD") return true;
    this.#body = /\r\ntransfer-encoding: chunked/i.test(head)
      ? "chunked"
      : Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    return true;
  }

  #chunk(): boolean {
    const [line, length] = /^([0-9a-f]+)\r\n/.exec(this.#rest) ?? [];
    if (line === undefined) return false;
    const whole = line.length + Number.parseInt(length ?? "0", 16) + 2;
    if (this.#rest.length < whole) return false;
    this.#rest = this.#rest.slice(whole);
    if (length === "0") this.#body = 0;
    return true;
  }
}
