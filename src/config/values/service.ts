import type { ServiceWords } from "../../model/service-words.ts";
import { isOtherProtocol, serviceFor } from "../text/other-words.ts";
import { suggestion } from "../text/suggestion.ts";
import { originalServices } from "../text/words.ts";
import { bad, fine, ignoredRest, type Reading, strip, warn } from "./reading.ts";

const firstWord = (text: string): string => /\w+/.exec(text)?.[0] ?? "";

/** The value of `service=`. A word that only we have is taken, with a warning. */
export function readService(
  value: string,
  legacy: string | undefined,
  services: ServiceWords,
): Reading {
  const whole = strip(value);
  const first = firstWord(whole);
  const isOther = serviceFor(whole) !== undefined || isOtherProtocol(whole);
  const word = !services.has(whole) && services.has(first) && !isOther ? first : whole;
  const trouble = serviceTrouble(word, services);
  if (trouble !== undefined) return bad(legacy, trouble.message, trouble.hint);
  const isOurs = !originalServices.includes(word);
  return fine(
    word,
    ignoredRest(value, word, "service"),
    isOurs
      ? warn(`the original has no "${word}" and refuses this file; ${elsewhere(word)}`)
      : undefined,
  );
}

const elsewhere = (word: string): string =>
  `for a file that both read, take the line out and write service = ${word} in ldirectord-ng.ini, under [virtual ADDRESS:PORT]`;

/**
 * What is wrong with a word for a service, wherever it is written; undefined when a check answers for it.
 * The hint lists them all, where none is near.
 */
export function serviceTrouble(
  word: string,
  services: ServiceWords,
): { readonly message: string; readonly hint?: string } | undefined {
  if (services.has(word)) return undefined;
  const meant = serviceFor(word);
  if (meant !== undefined) return { message: `"${word}" is no service; write service=${meant}` };
  if (isOtherProtocol(word)) {
    const others = "checktype=connect tries its port, checktype=external asks a program of yours";
    return { message: `there is no check for "${word}"; ${others}` };
  }
  const known = [...services.keys()];
  const near = suggestion(firstWord(word), known);
  const message = `${JSON.stringify(word)} is no service${near}`;
  return near === "" ? { message, hint: `it is one of ${known.join(", ")}` } : { message };
}

/** What a port implies is a word of the original: a file must not mean something else to each of the two. */
export const impliedService = (port: number, services: ServiceWords): string | undefined =>
  originalServices.find((name) => services.get(name)?.port === port);
