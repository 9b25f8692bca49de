/** A keepalived.conf from the disk, with what it includes in the place of each `include`. */
import { readdir } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { readRegularFile } from "../../config/read-file.ts";
import { messageOf } from "../../model/error-text.ts";
import type { ConfPlace, Findings } from "../finding.ts";
import { braces, fits, hasWildcard, includeIn, type SourceLine } from "./source.ts";

const limits = {
  ...{ depth: 16, files: 1_000, bytes: 32 * 2 ** 20, lines: 500_000, names: 10_000 },
  // More than any word of keepalived's takes; a path of the system's is not longer than the other.
  ...{ lineChars: 65_536, patternChars: 4_096 },
};

/** @throws what the system has to say of the file itself; of one that it includes it becomes a finding */
export function readSource(path: string, findings: Findings): Promise<readonly SourceLine[]> {
  return new Reading(findings).file(path, []);
}

class Reading {
  readonly #findings: Findings;
  #files = 0;
  #bytes = 0;
  #lines = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** @param within the files that include it, one another */
  async file(path: string, within: readonly string[]): Promise<readonly SourceLine[]> {
    const bytes = await readRegularFile(path);
    this.#files += 1;
    this.#bytes += bytes.length;
    const texts = decoded(bytes)
      .replace(/^\ufeff/, "")
      .split(/\r?\n/);
    this.#lines += texts.length;
    if (this.#bytes > limits.bytes || this.#lines > limits.lines) throw new Error("it is too long");
    const lines: SourceLine[] = [];
    for (const [i, text] of texts.entries()) {
      const line = { file: path, line: i + 1, text };
      if (text.length > limits.lineChars) {
        this.#findings.lost(line, text.trim(), "the line is too long: it is left out");
        continue;
      }
      const pattern = includeIn(text);
      if (pattern === undefined) lines.push(line);
      else
        for (const each of await this.#included(pattern, line, [...within, path])) lines.push(each);
    }
    return lines;
  }

  async #included(
    pattern: string,
    at: SourceLine,
    within: readonly string[],
  ): Promise<readonly SourceLine[]> {
    const lines: SourceLine[] = [];
    const lost = (why: string) => this.#findings.lost(at, at.text.trim(), `${why}: it is left out`);
    if (within.length > limits.depth) {
      lost(`includes are more than ${limits.depth} deep here`);
      return lines;
    }
    if (pattern.length > limits.patternChars) {
      lost("no path is so long");
      return lines;
    }
    const paths = await this.#paths(pattern, dirname(at.file), at);
    if (paths.length === 0) lost("there is no such file");
    for (const path of paths) {
      if (within.includes(path)) {
        lost(`${path} is being read already`);
        continue;
      }
      if (this.#files === limits.files) {
        lost(`more than ${limits.files} files`);
        break;
      }
      try {
        for (const each of await this.file(path, within)) lines.push(each);
      } catch (error) {
        lost(`${path} can not be read: ${messageOf(error)}`);
      }
    }
    return lines;
  }

  /** In the order of their names, as glob(3) has them. One without wildcards is there or not when it is read. */
  async #paths(pattern: string, folder: string, at: ConfPlace): Promise<readonly string[]> {
    const found: string[] = [];
    for (const each of braces(pattern, limits.files)) {
      const whole = isAbsolute(each) ? each : join(folder, each);
      if (hasWildcard(whole)) found.push(...(await this.#matches(whole, at)));
      else found.push(whole);
    }
    return found;
  }

  async #matches(pattern: string, at: ConfPlace): Promise<readonly string[]> {
    let folders = [isAbsolute(pattern) ? "/" : "."];
    for (const part of pattern.split("/").filter((each) => each !== "")) {
      const next: string[] = [];
      for (const folder of folders) {
        if (!hasWildcard(part)) next.push(join(folder, part));
        else {
          const names = await readdir(folder).catch((): string[] => []);
          next.push(
            ...names
              .filter((name) => fits(name, part))
              .sort()
              .map((name) => join(folder, name)),
          );
        }
        if (next.length > limits.names) {
          this.#findings.lost(at, pattern, `fits more than ${limits.names} names: it is left out`);
          return [];
        }
      }
      folders = next;
    }
    return folders;
  }
}

/** UTF-8, or else Latin-1. */
function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString("latin1");
  }
}
