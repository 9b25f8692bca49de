import { hostname } from "node:os";
import { resolve as absolute } from "node:path";
import { messageOf } from "../model/error-text.ts";
import type { ServiceWords } from "../model/service-words.ts";
import { building } from "./build/build.ts";
import type { Config } from "./config.ts";
import { contentHash } from "./content-hash.ts";
import { asRefused, type Diagnostic, sortDiagnostics, type Unkept } from "./diagnostics.ts";
import { beginningOf, foreignKind, isBinary } from "./foreign-file.ts";
import { nameQueriesIn } from "./names/queries.ts";
import { namesIn } from "./names/resolve.ts";
import { readRegularFile } from "./read-file.ts";
import {
  type LookOptions,
  lookAround,
  type Surroundings,
  sketchOf,
  stillAround,
} from "./surroundings.ts";
import { decoding } from "./text/decode.ts";
import { parsing } from "./text/parse.ts";
import { inTurns } from "./turns.ts";
import { readingSettings } from "./values/read-settings.ts";

export type Loaded =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly warnings: readonly Diagnostic[];
      /** Names that could not be looked up; see Answers. Who named one is left out, or has its last address. */
      readonly unresolved?: readonly string[];
      /** There is something to look up in it. */
      readonly hasNames: boolean;
      readonly unkept?: Unkept;
      /** Of the file's bytes; see contentHash. */
      readonly hash: string;
      readonly bytes: Uint8Array;
      /** Whether all that it names outside, hosts and ports and paths, still comes to the same. */
      readonly isStill: () => Promise<boolean>;
    }
  | {
      readonly ok: false;
      /** Errors first, in the order in which the original meets them. */
      readonly diagnostics: readonly Diagnostic[];
      readonly unkept?: Unkept;
      /** Of the file's bytes; absent when it could not be read. */
      readonly hash?: string;
      /** What could be made of it, for looking for more mistakes; not to be run. */
      readonly fragment?: Config;
    };

export interface LoadOptions extends LookOptions {
  /** The words that `service=` may be, as the checks declare them. */
  readonly services: ServiceWords;
  /** By a virtual service's address (`192.0.2.1:80`) or mark: its service, whatever the file says of it. */
  readonly serviceOf?: ReadonlyMap<string, string>;
  readonly readFile?: (path: string) => Promise<Uint8Array>;
  /** For the defaults of `login` and `passwd`. */
  readonly hostname?: string;
}

/** Reads, parses, looks names up, builds. Never throws for what the file is or says. */
export async function loadConfig(path: string, options: LoadOptions): Promise<Loaded> {
  let bytes: Uint8Array;
  try {
    bytes = await (options.readFile ?? readRegularFile)(path);
  } catch (error) {
    return { ok: false, diagnostics: [unreadable(path, error)] };
  }
  const hash = contentHash(bytes);
  const { HOSTNAME } = process.env;
  const { text, isLatin1 } = await inTurns(decoding(bytes));
  const parsed = await inTurns(parsing(isBinary(text) ? beginningOf(text) : text));
  const foreign = foreignKind(text, parsed);
  if (foreign !== undefined) return { ok: false, diagnostics: [foreign], hash };
  const { ast, findings } = parsed;
  const draft = await inTurns(readingSettings(ast, options.services, findings));
  const names = await inTurns(namesIn(await inTurns(nameQueriesIn(draft))));
  const lookAgain = lookingAround(absolute(path), sketchOf(draft), names, options);
  const around = await lookAgain();
  const { answers, files, open } = around;
  const buildOptions = {
    path: absolute(path),
    hostname: options.hostname ?? HOSTNAME ?? hostname(),
    services: options.services,
    serviceOf: options.serviceOf ?? new Map(),
    files,
  };
  const config = await inTurns(building(draft, answers, buildOptions, findings));
  if (isLatin1) findings.push(notUtf8);
  findings.push(...open);
  const { unkept, kept } = findings;
  const isRefused = findings.errors > 0;
  const diagnostics = sortDiagnostics(isRefused ? asRefused(kept) : kept);
  if (isRefused) {
    return { ok: false, diagnostics, unkept, hash, fragment: config };
  }
  return {
    ok: true,
    config,
    warnings: diagnostics,
    unkept,
    hash,
    bytes,
    unresolved: answers.unresolved,
    hasNames: names.length > 0,
    isStill: stillAround(around, names, lookAgain),
  };
}

/** By itself, so that the whole draft is not kept for it. */
const lookingAround =
  (...what: Parameters<typeof lookAround>): (() => Promise<Surroundings>) =>
  () =>
    lookAround(...what);

const notUtf8: Diagnostic = {
  severity: "warning",
  line: 0,
  column: 0,
  legacyLine: 0,
  message: "is not UTF-8; read as Latin-1",
  order: 0,
};

function unreadable(path: string, error: unknown): Diagnostic {
  const why = messageOf(error);
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
