import { ok } from "../src/model/result.ts";
import { type Check, down, up, type Verdict } from "./check.ts";
import { bytesAsText, oneLine } from "./lib/detail.ts";
import { neverStops } from "./lib/down-now.ts";
import { verdictFrom } from "./lib/fault.ts";
import { maxLines } from "./lib/limits.ts";
import { preparing, type Search } from "./lib/receive/expected.ts";
import { withoutSlash } from "./lib/request.ts";
import { dialogue, maxLineBytes, type Session } from "./lib/stream/dialogue.ts";
import { askUdp, lateIn } from "./lib/udp.ts";

/** Datagrams that are searched at once; more than so many are a flood, and passed over. */
const maxSearching = 8;

/**
 * A line of text sent, lines of text back: up when one of them fits `receive`, or without `receive`
 * when anything comes back at all. With `protocol=udp` a datagram each way; its end is a line's end.
 */
const simpletcp: Check = {
  services: [{ name: "simpletcp", goesWithUdp: true }],
  needsPort: true,
  prepare({ request = "/", receive, protocol, negotiateTimeoutMs }) {
    const said = withoutSlash(request).replaceAll("\\n", "\n");
    return preparing(receive, ok(said), (text, expected) => ({
      timeoutMs: negotiateTimeoutMs,
      probeKey: JSON.stringify([protocol, text, receive]),
      probe: async (target, signal) => {
        const search = expected?.search(target, signal, negotiateTimeoutMs);
        if (protocol === "tcp")
          return dialogue(target, { signal }, (session) => talk(session, text, search));
        return verdictFrom(signal, async () => {
          /** Of the first datagram; others may still fit, for anybody may send in the server's name. */
          let wrong: Verdict | undefined;
          let searching = 0;
          return await askUdp(target, signal, {
            ask: () => Buffer.from(text),
            read: async (datagram) => {
              if (searching >= maxSearching) return undefined;
              searching++;
              const said = await judgeAll(datagram.toString("latin1"), search);
              searching--;
              if (said.up) return said;
              wrong ??= said;
              return undefined;
            },
            giveUp: { afterMs: lateIn(negotiateTimeoutMs), say: () => wrong },
          });
        });
      },
    }));
  },
};
export default simpletcp;

async function talk(
  session: Session,
  request: string,
  search: Search | undefined,
): Promise<Verdict> {
  session.send(request);
  session.end();
  /** The beginning of a line whose end has not come yet. */
  let begun = "";
  let first: string | undefined;
  let count = 0;
  for (;;) {
    const more = await session.bytes(maxLineBytes);
    if (more !== "" && search === undefined) return up(said(more));
    // What stands after the last line feed counts as a line when the server ends there.
    const end = more.lastIndexOf("\n") + 1;
    const lines = more === "" || end > 0 ? begun + more.slice(0, end) : "";
    begun = lines === "" ? begun + more : more.slice(end);
    if (Math.max(lines.indexOf("\n"), begun.length) > maxLineBytes)
      return down("protocol", `a line of more than ${maxLineBytes} bytes`);
    if (lines !== "") {
      count += linesIn(lines);
      if (count > maxLines) throw neverStops();
      const good = await search?.firstLineOf(lines);
      if (good !== undefined) return up(said(good));
      first ??= firstLine(lines);
    }
    if (more === "") return first === undefined ? noAnswer() : mismatch(first, search);
  }
}

async function judgeAll(reply: string, search: Search | undefined): Promise<Verdict> {
  if (search === undefined) return up(reply === "" ? "an empty datagram" : said(reply));
  const good = await search.firstLineOf(reply);
  return good === undefined ? mismatch(firstLine(reply), search) : up(said(good));
}

function linesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0 && count <= maxLines; at = text.indexOf("\n", at + 1))
    count++;
  return count;
}

const firstLine = (text: string): string => /^.*\n?/.exec(text)?.[0] ?? "";
const said = (text: string): string => oneLine(bytesAsText(text));
const noAnswer = (): Verdict => down("closed", "closed without an answer");
const mismatch = (reply: string, search: Search | undefined): Verdict =>
  down(
    "mismatch",
    oneLine(
      `no line fits receive "${search?.receive ?? ""}"; the first is ${JSON.stringify(oneLine(bytesAsText(reply), 60))}`,
      300,
    ),
  );
