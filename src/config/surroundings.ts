import { isDeepStrictEqual } from "node:util";
import { type FileFacts, inspectFiles } from "./build/file-facts.ts";
import type { Diagnostic } from "./diagnostics.ts";
import type { NameMemory } from "./names/memory.ts";
import {
  type Answers,
  type NameQuery,
  type Resolver,
  resolveAll,
  systemResolver,
} from "./names/resolve.ts";
import { openToOthers } from "./open-to-others.ts";
import type { DirectiveName } from "./text/directives.ts";
import type { Draft, VirtualDraft } from "./values/read-settings.ts";

/** What a file depends on that is not in it: the hosts, ports and paths that it names. */
export interface Surroundings {
  readonly answers: Answers;
  readonly files: FileFacts;
  /** What others may write to. */
  readonly open: readonly Diagnostic[];
}

export interface LookOptions {
  readonly resolver?: Resolver;
  readonly memory?: NameMemory;
  /** Looks at the paths that the file names. */
  readonly inspectFiles?: (draft: Draft) => Promise<FileFacts>;
  /** For all name look-ups of the file together. Default 8 s: `status` must answer within 10. */
  readonly deadlineMs?: number;
}

/** getaddrinfo(3) runs on libuv's four threads; a few more wait in its queue. */
const concurrentLookups = 16;

/** @param path absolute @param draft a sketch is enough @param names all that have to be looked up */
export async function lookAround(
  path: string,
  draft: Draft,
  names: readonly NameQuery[],
  options: LookOptions,
): Promise<Surroundings> {
  const answers = await resolveAll(names, options.resolver ?? systemResolver(), {
    deadlineMs: options.deadlineMs ?? 8_000,
    concurrency: concurrentLookups,
    ...(options.memory && { memory: options.memory }),
  });
  const files = await (options.inspectFiles ?? inspectFiles)(draft);
  const open = options.inspectFiles === undefined ? await openToOthers(path, draft) : [];
  return { answers, files, open };
}

/** Directives that name a path. */
const naming: readonly DirectiveName[] = ["monitorfile", "checkcommand", "fallbackcommand"];

/** So much of a draft as is looked around for: of a large file next to nothing. */
export const sketchOf = (draft: Draft): Draft => ({
  ...draft,
  virtuals: draft.virtuals.flatMap((virtual): VirtualDraft[] =>
    naming.some((name) => virtual.settings.has(name)) ? [{ ...virtual, reals: [] }] : [],
  ),
});

/** A second look that tells whether it comes to the same as the first. Of what could not be looked up, never. */
export const stillAround =
  (
    found: Surroundings,
    names: readonly NameQuery[],
    lookAgain: () => Promise<Surroundings>,
  ): (() => Promise<boolean>) =>
  async () => {
    const now = await lookAgain();
    const isKnown = found.answers.unresolved.length + now.answers.unresolved.length === 0;
    return isKnown && isDeepStrictEqual(shown(found, names), shown(now, names));
  };

const shown = ({ answers, files, open }: Surroundings, names: readonly NameQuery[]) => ({
  answers: names.map((it) =>
    it.kind === "host" ? answers.host(it.name, it.family) : answers.port(it.name, it.protocol),
  ),
  files,
  open,
});
