import { err, ok } from "../src/model/result.ts";
import { type Check, down, up, type Verdict } from "./check.ts";
import { bytesAsText, oneLine } from "./lib/detail.ts";
import { DownNow, dialogue, maxLineBytes, type Session } from "./lib/dialogue.ts";
import { verdictOf } from "./lib/fault.ts";
import { compilePattern, type Pattern } from "./lib/pattern.ts";
import { askUdp } from "./lib/udp.ts";

/**
 * A line of text sent, lines of text back: up when one of them fits `receive`, or without `receive`
 * when anything comes back at all. With `protocol=udp` a datagram each way; its end is a line's end.
 */
const simpletcp: Check = {
  services: ["simpletcp"],
  needsPort: true,
  prepare({ request = "/", receive, protocol, negotiateTimeoutMs }) {
    const pattern = receive === undefined ? undefined : compilePattern(receive);
    if (pattern?.ok === false) return err([`receive: ${pattern.error}`]);
    const text = request.replace(/^\//, "").replaceAll("\\n", "\n");
    const expected: Expected | undefined =
      pattern?.ok === true ? { pattern: pattern.value, text: receive ?? "" } : undefined;
    return ok({
      timeoutMs: negotiateTimeoutMs,
      sameness: JSON.stringify([protocol, text, receive]),
      probe: async (target, signal) => {
        if (protocol === "tcp")
          return dialogue(target, { signal }, (session) => talk(session, text, expected));
        try {
          const reply = await askUdp(target, signal, {
            ask: () => Buffer.from(text),
            read: (datagram) => datagram.toString("latin1"),
          });
          return judgeAll(reply, expected);
        } catch (error) {
          if (error instanceof DownNow) return error.verdict;
          return verdictOf(error);
        }
      },
    });
  },
};
export default simpletcp;

interface Expected {
  readonly pattern: Pattern;
  readonly text: string;
}

/** Perl's lines: each with its line feed, if it has one. */
const linesOf = (text: string): readonly string[] => text.split(/(?<=\n)/);

async function talk(
  session: Session,
  request: string,
  expected: Expected | undefined,
): Promise<Verdict> {
  session.send(request);
  session.end();
  let line = "";
  let first: string | undefined;
  for (;;) {
    const more = await session.bytes(maxLineBytes);
    if (more !== "" && expected === undefined) return up(said(more));
    for (const part of linesOf(more)) {
      line += part;
      if (line.length > maxLineBytes)
        return down("protocol", `a line of more than ${maxLineBytes} bytes`);
      // What stands after the last line feed counts as a line when the server ends there.
      if (!part.endsWith("\n") && more !== "") break;
      if (line !== "" && expected?.pattern.matches(line) === true) return up(said(line));
      first ??= line === "" ? undefined : line;
      line = "";
    }
    if (more === "") return first === undefined ? noAnswer() : mismatch(first, expected);
  }
}

function judgeAll(reply: string, expected: Expected | undefined): Verdict {
  if (expected === undefined) return up(reply === "" ? "an empty datagram" : said(reply));
  const good = linesOf(reply).find((line) => expected.pattern.matches(line));
  return good === undefined ? mismatch(reply, expected) : up(said(good));
}

const said = (text: string): string => oneLine(bytesAsText(text));
const noAnswer = (): Verdict => down("closed", "closed without an answer");
const mismatch = (reply: string, expected: Expected | undefined): Verdict =>
  down(
    "mismatch",
    oneLine(
      `no line fits receive "${expected?.text ?? ""}"; the first is ${JSON.stringify(oneLine(bytesAsText(reply), 60))}`,
      300,
    ),
  );
