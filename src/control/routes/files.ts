import type { RunningText } from "../../daemon/running-texts.ts";
import { route } from "../route.ts";

const linesAPiece = 1_000;

export const fileRoutes = [
  route({
    method: "GET",
    path: "/v1/files",
    summary: "the files that run, as they were when they were taken up, without their secrets",
    answer:
      "files: the ldirectord.cf, and the ldirectord-ng.ini if there is one, each with name, fingerprint (the same for the same bytes, secrets and all) and lines; what may be a secret is [secret]",
    run: async ({ texts }) => ({
      kind: "pieces",
      type: "application/json",
      pieces: inPieces(await texts()),
    }),
  }),
];

/** Each piece is a turn of the event loop. */
function* inPieces(texts: readonly RunningText[]): Generator<Uint8Array> {
  yield Buffer.from('{"files":[');
  for (const [i, { lines, ...more }] of texts.entries()) {
    yield Buffer.from(`${i === 0 ? "" : ","}${JSON.stringify(more).slice(0, -1)},"lines":[`);
    for (let from = 0; from < lines.length; from += linesAPiece) {
      const some = JSON.stringify(lines.slice(from, from + linesAPiece)).slice(1, -1);
      yield Buffer.from(`${from === 0 ? "" : ","}${some}`);
    }
    yield Buffer.from("]}");
  }
  yield Buffer.from("]}\n");
}
