import { scrypt } from "node:crypto";
import { basename } from "node:path";
import { promisify } from "node:util";
import { iniPath } from "../config/ini-path.ts";
import { decoding } from "../config/text/decode.ts";
import { inTurns, type Steps } from "../config/turns.ts";
import type { Ready } from "./prepare.ts";

/** One of the files that a daemon runs, fit to be shown to who may not read it. */
export interface RunningText {
  /** Without its folder. */
  readonly name: string;
  /** The same for the same bytes, secrets and all; hex. */
  readonly fingerprint: string;
  /** Without their ends; what may be a secret is `[secret]`. */
  readonly lines: readonly string[];
}

type Files = Pick<Ready, "config" | "hash" | "bytes" | "iniBytes">;

/** The `ldirectord.cf`, and the `ldirectord-ng.ini` if there is one, as they were when they were taken up. */
export async function runningTexts(files: Files): Promise<readonly RunningText[]> {
  const { config, bytes, iniBytes } = files;
  const [cfHash = "", iniHash = ""] = files.hash.split(" ");
  const secrets = secretsIn(config);
  const shown = async (path: string, hash: string, content: Uint8Array): Promise<RunningText> => ({
    name: basename(path),
    fingerprint: await fingerprintOf(hash),
    lines: await inTurns(masking(content, secrets)),
  });
  return [
    await shown(config.path, cfHash, bytes),
    ...(iniBytes === undefined ? [] : [await shown(iniPath(config.path), iniHash, iniBytes)]),
  ];
}

const stretched = promisify<string, string, number, Buffer>(scrypt);

/**
 * All of a file but a password may be known: then a plain hash would let it be guessed, a hundred million times a
 * second. This costs 50 ms of a processor for each guess; and as much for us, on a thread beside, when it is asked for.
 */
const fingerprintOf = async (hash: string): Promise<string> =>
  (await stretched(hash, "ldirectord-ng", 32)).toString("hex");

/** A shorter one stands in many words that have nothing to do with it. */
const minChars = 4;

const secretsIn = ({ virtuals }: Files["config"]): ReadonlySet<string> =>
  new Set(
    virtuals
      .flatMap(({ passwd, secret }) => [passwd?.reveal() ?? "", secret?.reveal() ?? ""])
      .filter((each) => each.length >= minChars),
  );

const hidden = "[secret]";

function* masking(content: Uint8Array, secrets: ReadonlySet<string>): Steps<readonly string[]> {
  const { text } = yield* decoding(content);
  const lines: string[] = [];
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf("\n", from);
    const end = newline < 0 ? text.length : newline;
    lines.push(maskedLine(text.slice(from, end), secrets));
    from = end + 1;
    yield;
  }
  return lines;
}

/**
 * A line without what may be a secret: behind a word for one, in comments too; in a URL before its host, in a receiver's
 * behind it, too; and any word that is one of `secrets`.
 */
export const maskedLine = (line: string, secrets: ReadonlySet<string>): string =>
  line
    .replace(/^(.*?(?:passw|pwd|secret|token|credential)\w*[\s=:]*).*$/is, `$1${hidden}`)
    .replace(/^(\s*[;#]?\s*url\s*=\s*\w+:\/\/[^/\s]*\/).+$/i, `$1${hidden}`)
    .replace(/(:\/\/)[^/\s@]*@/g, `$1${hidden}@`)
    .replace(/[^\s"'=,;:@/?&#]+/g, (word) => (secrets.has(word) ? hidden : word));
