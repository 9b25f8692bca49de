import { NetlinkError } from "../../src/errors.ts";
import type { Ipvs } from "../../src/ipvs/ipvs.ts";

type Method = Exclude<keyof Ipvs, "close">;

/** What a daemon in another process asks of the table that this one holds, and what it is answered. */
export interface TableCall {
  readonly kind: "table";
  readonly id: number;
  readonly method: Method;
  readonly args: unknown[];
}
export interface TableAnswer {
  readonly kind: "table";
  readonly id: number;
  readonly value: unknown;
}

/** The table's side. */
export async function answerCall(ipvs: Ipvs, call: TableCall): Promise<TableAnswer> {
  const method = ipvs[call.method] as (...args: unknown[]) => Promise<unknown>;
  return { kind: "table", id: call.id, value: await method.apply(ipvs, call.args) };
}

/** The daemon's side: a table that is held elsewhere, as the kernel's is. */
export class LinkedTable implements Ipvs {
  readonly #send: (call: TableCall) => void;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  #lastId = 0;
  #isLost = false;

  constructor(send: (call: TableCall) => void) {
    this.#send = send;
  }

  receive({ id, value }: TableAnswer): void {
    this.#waiting.get(id)?.(value);
    this.#waiting.delete(id);
  }

  /** Nobody holds it any more. */
  lose(): void {
    this.#isLost = true;
    for (const settle of this.#waiting.values()) settle(lost());
    this.#waiting.clear();
  }

  list: Ipvs["list"] = (only) => this.#ask("list", only);
  apply: Ipvs["apply"] = (ops) => this.#ask("apply", ops);
  info: Ipvs["info"] = () => this.#ask("info");
  timeouts: Ipvs["timeouts"] = () => this.#ask("timeouts");
  setTimeouts: Ipvs["setTimeouts"] = (wanted) => this.#ask("setTimeouts", wanted);
  counters: Ipvs["counters"] = (only) => this.#ask("counters", only);
  connections: Ipvs["connections"] = (filter, most) => this.#ask("connections", filter, most);
  syncDaemons: Ipvs["syncDaemons"] = () => this.#ask("syncDaemons");
  startSync: Ipvs["startSync"] = (daemon) => this.#ask("startSync", daemon);
  stopSync: Ipvs["stopSync"] = (state) => this.#ask("stopSync", state);

  /** It stays with the one who holds it. */
  close(): void {}

  #ask<T>(method: Method, ...args: unknown[]): Promise<T> {
    if (this.#isLost) return lost();
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve as (answer: unknown) => void);
      this.#send({ kind: "table", id, method, args });
    });
  }
}

const lost = (): Promise<never> =>
  Promise.reject(new NetlinkError("EBADF", "ask the table, which is gone"));
