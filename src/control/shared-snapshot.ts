import { inTurns, type Steps } from "../config/turns.ts";
import { Shared } from "../http/shared.ts";
import type { Snapshot } from "../status/snapshot.ts";

/** A snapshot as JSON. */
export interface SerialSnapshot {
  /** Another one has another tag. */
  readonly tag: string;
  readonly pieces: readonly Uint8Array[];
}

/** The snapshot as all that ask about the same time have it. @param clock monotonic, milliseconds */
export function sharedSnapshot(
  take: () => Promise<Snapshot>,
  clock?: () => number,
): Shared<SerialSnapshot> {
  let number = 0;
  return new Shared(async () => {
    const snapshot = await take();
    const pieces = await inTurns(inPieces(snapshot));
    number++;
    return { tag: `${snapshot.at}-${number}`, pieces };
  }, clock);
}

const serversAPiece = 100;

/** The snapshot's JSON, some servers at a time. */
function* inPieces({ services, ...rest }: Snapshot): Steps<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  const push = (text: string) => pieces.push(Buffer.from(text));
  push(`${JSON.stringify(rest).slice(0, -1)},"services":[`);
  for (const [i, { servers, ...service }] of services.entries()) {
    push(`${i === 0 ? "" : ","}${JSON.stringify(service).slice(0, -1)},"servers":[`);
    for (let from = 0; from < servers.length; from += serversAPiece) {
      const some = JSON.stringify(servers.slice(from, from + serversAPiece)).slice(1, -1);
      push(`${from === 0 ? "" : ","}${some}`);
      yield;
    }
    push("]}");
    yield;
  }
  push("]}\n");
  return pieces;
}
