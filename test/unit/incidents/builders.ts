import { Book, type Rules, type Told } from "../../../src/incidents/book.ts";
import type { Trouble } from "../../../src/incidents/trouble.ts";

export const rules: Rules = {
  severity: "warning",
  waitMs: 5_000,
  updateMs: 600_000,
  isRepeated: false,
};

/** A real server that is down. */
export function server(address: string, service = "tcp:10.0.0.1:80", port = 80): Trouble {
  const id = `${service} ${address}:${port}`;
  const reason = "refused: connection refused";
  return { id, topic: "servers", gravity: "warning", service, address, port, reason };
}

/** A virtual service without a server. */
export const emptied = (service = "tcp:10.0.0.1:80"): Trouble => ({
  ...{ id: service, topic: "servers", gravity: "error", service },
  reason: "none can be used",
});

/** What a book tells from `from` on until nothing is due at `to`, at the moments at which it wants to. */
export function toldUntil(
  book: Book,
  from: number,
  to: number,
): readonly (Told & { at: number })[] {
  const all: (Told & { at: number })[] = [];
  for (let now = from; now <= to; ) {
    all.push(...book.tell(now).map((told) => ({ ...told, at: now })));
    const next = book.next();
    if (next === undefined) break;
    now = Math.max(now + 1, next);
  }
  return all;
}

export const eventsOf = (all: readonly Told[]): readonly string[] =>
  all.map(({ event, incident }) => `${event} ${incident.members.size}`);

/** The same book after a restart. */
export const restarted = (book: Book, by: Rules = rules): Book =>
  new Book(by, JSON.parse(JSON.stringify(book.state)));
