/** The other director's side: asked over ssh, or from a file or standard input, where it was put before. */
import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { maxSideBytes, readSide, type Side } from "../../compare/side.ts";
import { messageOf } from "../../model/error-text.ts";
import { oneLine } from "../../model/one-line.ts";

/** It could not be had, or it is not what it should be. The message says whose, and why. */
export class NoOtherSide extends Error {}

export interface OtherSide {
  /** How it is now, where it can be asked; else as it was. @throws NoOtherSide */
  read(): Promise<Side>;
}

/** A look at a large table, over a slow line. */
const timeoutMs = 60_000;

/**
 * @param what a host for ssh; a file's path, which has a slash or ends in `.json`; `-`, for standard input
 * @param config the file of the daemon to ask there, as an absolute path; undefined: as ldirectorctl looks for it
 * @returns undefined when it is none of these
 */
export function otherSide(what: string, config: string | undefined): OtherSide | undefined {
  if (what === "-") return once(() => sideIn(process.stdin, "standard input"));
  if (what.includes("/") || what.endsWith(".json")) {
    return once(() => sideIn(createReadStream(what), what));
  }
  if (!isHost(what)) return undefined;
  return { read: () => asked(what, config) };
}

function once(read: () => Promise<Side>): OtherSide {
  let known: Promise<Side> | undefined;
  return {
    read: () => {
      known ??= read();
      return known;
    },
  };
}

/** `fw2`, `admin@fw2.example.org`, `fd00::2`: nothing that ssh would take for an option or a shell for more than a word. */
const isHost = (text: string): boolean => /^(?:[\w.][\w.-]*@)?[\w.:][\w.:%-]*$/.test(text);

/** One word for the shell over there. */
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** `LDIRECTORCTL_SSH` names another program that takes ssh's words. */
async function asked(host: string, config: string | undefined): Promise<Side> {
  const program = process.env["LDIRECTORCTL_SSH"] || "ssh";
  const command = ["ldirectorctl", ...(config === undefined ? [] : ["-c", quoted(config)])];
  const child = spawn(
    program,
    [
      ...["-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "--", host],
      [...command, "compare", "--dump"].join(" "),
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(-4096);
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
    // What it has started may hold its end of the pipe.
    child.stdout.destroy();
  }, timeoutMs);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(messageOf(error)));
    child.once("exit", (code, signal) =>
      resolve(code === 0 ? "" : `it ended with ${signal ?? code}`),
    );
  });
  try {
    const text = await textIn(child.stdout, host).catch((error: unknown) => {
      if (isLate) throw new NoOtherSide(`${host}: no answer within ${timeoutMs / 1000} s`);
      throw error;
    });
    const failure = await ended;
    if (failure !== "") {
      const why = [`${program} could not ask`, failure, lastLine(said)].filter((it) => it !== "");
      throw new NoOtherSide(`${host}: ${why.join(": ")}`);
    }
    return sideOfText(text, host);
  } finally {
    clearTimeout(timer);
    child.kill("SIGKILL");
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** What it says last is why; ssh warns of a changed key in ten lines before. */
const lastLine = (text: string): string => oneLine(text.trimEnd().split("\n").at(-1) ?? "");

const sideIn = async (from: Readable, name: string): Promise<Side> =>
  sideOfText(await textIn(from, name), name);

async function textIn(from: Readable, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of from as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > maxSideBytes) throw new Error(`it is longer than ${maxSideBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw new NoOtherSide(`${name}: ${messageOf(error)}`);
  }
  return Buffer.concat(chunks).toString();
}

function sideOfText(text: string, name: string): Side {
  const side = readSide(text);
  if (side.ok) return side.value;
  throw new NoOtherSide(`${name}: ${side.error}`);
}
