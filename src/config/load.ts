import { hostname } from "node:os";
import { resolve as absolute } from "node:path";
import { build } from "./build.ts";
import type { Config } from "./config.ts";
import { contentHash } from "./content-hash.ts";
import { decodeText } from "./decode.ts";
import { type Diagnostic, isError, sortDiagnostics } from "./diagnostics.ts";
import { type Draft, draftConfig } from "./draft.ts";
import { type FileFacts, inspectFiles } from "./files.ts";
import { parse } from "./parse.ts";
import { questionsOf } from "./questions.ts";
import { readRegularFile } from "./read-file.ts";
import { type Resolver, resolveAll, systemResolver } from "./resolve.ts";

export type Loaded =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly warnings: readonly Diagnostic[];
      /** Of the file's bytes; see contentHash. */
      readonly hash: string;
    }
  | {
      readonly ok: false;
      /** Errors first, in the order in which the original meets them. */
      readonly diagnostics: readonly Diagnostic[];
      /** Of the file's bytes; absent when it could not be read. */
      readonly hash?: string;
      /** A name server was silent: the same file may be good later. */
      readonly mayPass?: boolean;
    };

export interface LoadOptions {
  readonly resolver?: Resolver;
  readonly readFile?: (path: string) => Promise<Uint8Array>;
  /** Looks at the paths that the file names. */
  readonly inspectFiles?: (draft: Draft) => Promise<FileFacts>;
  /** What `negotiate` can ask; other services are refused where they would be asked. */
  readonly supportedServices?: ReadonlySet<string>;
  /** For all name look-ups of the file together. Default 8 s: `status` must answer within 10. */
  readonly deadlineMs?: number;
  /** For the defaults of `login` and `passwd`. */
  readonly hostname?: string;
}

const supportedByDefault: ReadonlySet<string> = new Set(["http", "https", "none"]);
/** getaddrinfo(3) runs on libuv's four threads; a few more wait in its queue. */
const concurrentLookups = 16;

/** Reads, parses, looks names up, builds. Never throws for what the file is or says. */
export async function loadConfig(path: string, options: LoadOptions = {}): Promise<Loaded> {
  let bytes: Uint8Array;
  try {
    bytes = await (options.readFile ?? readRegularFile)(path);
  } catch (error) {
    return { ok: false, diagnostics: [unreadable(path, error)] };
  }
  const hash = contentHash(bytes);
  const { HOSTNAME } = process.env;
  const { text, isLatin1 } = decodeText(bytes);
  const parsed = parse(text);
  const { draft, diagnostics: fromValues } = draftConfig(parsed.ast);
  const answers = await resolveAll(questionsOf(draft), options.resolver ?? systemResolver(), {
    deadlineMs: options.deadlineMs ?? 8_000,
    concurrency: concurrentLookups,
  });
  const { config, diagnostics: fromBuild } = build(draft, answers, {
    path: absolute(path),
    hostname: options.hostname ?? HOSTNAME ?? hostname(),
    supportedServices: options.supportedServices ?? supportedByDefault,
    files: await (options.inspectFiles ?? inspectFiles)(draft),
  });
  const diagnostics = sortDiagnostics([...parsed.diagnostics, ...fromValues, ...fromBuild]);
  if (isLatin1) diagnostics.push(notUtf8);
  if (diagnostics.some(isError))
    return { ok: false, diagnostics, hash, mayPass: answers.isIncomplete };
  return { ok: true, config, warnings: diagnostics, hash };
}

const notUtf8: Diagnostic = {
  severity: "warning",
  line: 0,
  column: 0,
  legacyLine: 0,
  message: "is not UTF-8; read as Latin-1",
  order: 0,
};

function unreadable(path: string, error: unknown): Diagnostic {
  const why = error instanceof Error ? error.message : String(error);
  return {
    severity: "error",
    line: 0,
    column: 0,
    legacy: `can not open file ${path}`,
    legacyLine: 0,
    message: `can not be read: ${why}`,
    order: 0,
  };
}
