import { writeSync } from "node:fs";
import {
  drawn,
  drawnInAscii,
  type Frame,
  logText,
  panelLines,
  render,
  requestsLine,
} from "./frame.ts";
import { type Line, painted, plain } from "./text.ts";

export interface Screen {
  show(frame: Frame): void;
  /** The terminal is given back; nothing is drawn after that. */
  close(): void;
}

/** A terminal is redrawn in place; anything else (a pipe, a file, a dumb terminal) gets lines, as they come. */
export function openScreen(out: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Screen {
  const { LC_ALL, LC_CTYPE, LANG, NO_COLOR, TERM } = env;
  const isUnicode = /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || "");
  const marks = isUnicode ? drawn : drawnInAscii;
  if (!out.isTTY || TERM === "dumb") return lineScreen(out, marks);
  return terminalScreen(out, marks, NO_COLOR ? plain : painted);
}

const enter = "\x1b[?1049h\x1b[?25l";
const keptLines = 8;
const leave = "\x1b[?25h\x1b[?1049l";

function terminalScreen(
  out: NodeJS.WriteStream,
  marks: typeof drawn,
  look: (line: Line) => string,
): Screen {
  let isOpen = true;
  let last = "";
  let latest: Frame | undefined;
  /** Whatever ends this process, the terminal is as it was. */
  const giveBack = () => {
    if (!isOpen) return;
    isOpen = false;
    try {
      writeSync(1, leave);
    } catch {
      // The terminal is gone.
    }
  };
  const draw = () => {
    if (!isOpen || latest === undefined || out.writableNeedDrain) return;
    const columns = out.columns || 80;
    const rows = out.rows || 24;
    const lines = render(latest, { columns, rows }, marks);
    const text = lines
      .map((line) => look(line) + (plain(line).length < columns ? "\x1b[K" : ""))
      .join("\r\n");
    if (text !== last) out.write(`\x1b[H${text}\x1b[J`);
    last = text;
  };
  const resized = () => {
    last = "";
    if (isOpen) out.write("\x1b[2J");
    draw();
  };
  out.write(enter);
  process.once("exit", giveBack);
  out.on("resize", resized);
  return {
    show: (frame) => {
      latest = frame;
      draw();
    },
    close: () => {
      if (!isOpen) return;
      out.off("resize", resized);
      process.off("exit", giveBack);
      giveBack();
      // What it all ended with stays to be read.
      const lines = latest?.log.slice(-keptLines).map(logText) ?? [];
      if (lines.length > 0) out.write(`${lines.join("\n")}\n`);
    },
  };
}

/** What was not said before: the caption with the servers as they are, the log's lines, and what came of requests. */
function lineScreen(out: NodeJS.WriteStream, marks: typeof drawn): Screen {
  const columns = out.columns || Number.POSITIVE_INFINITY;
  let before: Frame | undefined;
  let logged: Frame["log"][number] | undefined;
  let counted: Frame["requests"];
  const write = (lines: readonly string[]) => {
    if (lines.length > 0) out.write(`${lines.join("\n")}\n`);
  };
  const tellRequests = () => {
    if (counted !== undefined && counted.answered > 0) write([plain(requestsLine(counted))]);
  };
  return {
    show: (frame) => {
      if (out.writableNeedDrain) return;
      write(frame.title.filter((line) => !before?.title.includes(line)));
      write(frame.log.slice(frame.log.lastIndexOf(logged as never) + 1).map(logText));
      logged = frame.log.at(-1);
      if (counted?.since !== frame.requests?.since) tellRequests();
      counted = frame.requests;
      const { head, look } = frame.caption;
      const isNew = before?.caption.head !== head || before.caption.look !== look;
      if (isNew) write(["", `>> ${head}`, ...(look === "" ? [] : [`   ${look}`])]);
      const rows = rowsOf(frame);
      if (isNew || before === undefined || rowsOf(before) !== rows)
        write(panelLines(frame.services, columns, marks).map(plain));
      before = frame;
    },
    close: () => {
      tellRequests();
      counted = undefined;
    },
  };
}

/** What of the servers is worth a new picture in a file. */
const rowsOf = ({ services }: Frame): string =>
  JSON.stringify(services.map(({ name, rows }) => [name, rows.map((row) => [row.real, row.row])]));
