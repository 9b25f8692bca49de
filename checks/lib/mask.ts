/**
 * What a server says is told to the log, to mail and to files, and it may repeat what we sent. So no password
 * of ours is in it, in whatever form a server comes by it.
 */
import { createHash } from "node:crypto";
import { oneLine } from "../../src/model/one-line.ts";
import type { Secret } from "../../src/model/secret.ts";
import type { CheckSettings, PreparedProbe, Verdict } from "../check.ts";
import { Words } from "./words.ts";

const hidden = "[secret]";

/** A shorter form stands in many words that have nothing to do with it: those are for `holds` alone. */
const minChars = 4;

const quoted = (text: string): string => text.replace(/["\\]/g, "\\$&");
/** Half a character has no place in a URL. */
const inUrl = (text: string): string => encodeURIComponent(text.replace(/[\p{Cs}]/gu, "\ufffd"));
const digests = ["md5", "sha1", "sha256"] as const;

/** As a server may know or write it: in plain, quoted, in a URL, in hex, in base64 with whatever around it, hashed. */
function formsOf(secret: string, login: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const plain = [
    secret,
    quoted(secret),
    secret.replaceAll("'", "''"),
    inUrl(secret),
    // What is not UTF-8 in the answer: then it came back in another alphabet.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the ASCII range
    secret.replace(/[^\x00-\x7f]/g, "\ufffd"),
  ];
  const hashed = digests.flatMap((name) =>
    [secret, `${secret}${login}`].flatMap((text) => {
      const digest = createHash(name).update(text).digest();
      return [digest.toString("hex"), digest.toString("base64")];
    }),
  );
  const base64 = [0, 1, 2].map((before) => base64Within(bytes, before));
  const made = [
    bytes.toString("hex"),
    ...base64,
    ...base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_")),
    ...hashed,
  ];
  return [
    ...plain.flatMap((form) => [form, oneLine(form, form.length)]).filter((form) => form !== ""),
    ...made.filter((form) => form.length >= minChars),
  ];
}

/** The letters that base64 has for these bytes alone, when `before` bytes, or three times as many more, stand before them. */
function base64Within(bytes: Buffer, before: number): string {
  const all = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
  return all.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

interface Mask {
  /** Whether any form of it, however short, is in `text`. */
  holds(text: string): boolean;
  /** `text` with `[secret]` for each. */
  hide(text: string): string;
}

/** @param secrets those that are "" do not count */
function maskOf(secrets: readonly string[], login = ""): Mask | undefined {
  const forms = new Set(
    secrets.filter((secret) => secret !== "").flatMap((secret) => formsOf(secret, login)),
  );
  if (forms.size === 0) return undefined;
  const byLength = [...forms].sort((a, b) => b.length - a.length);
  const patternOf = (some: readonly string[], flags: string) =>
    new RegExp(some.map(escaped).join("|") || "(?!)", flags);
  const any = patternOf(byLength, "i");
  const long = patternOf(
    byLength.filter((form) => form.length >= minChars),
    "gi",
  );
  const starts = secrets.filter((secret) => secret.length >= minChars);
  return {
    holds: (text) => any.test(text),
    hide: (text) => withoutStart(text.replace(long, hidden), starts),
  };
}

/** A text that was cut may end in the beginning of one. */
function withoutStart(text: string, secrets: readonly string[]): string {
  if (!text.endsWith("…")) return text;
  const body = text.slice(0, -1);
  for (const secret of secrets) {
    for (let length = secret.length - 1; length >= minChars - 1; length--) {
      if (body.endsWith(secret.slice(0, length))) return `${body.slice(0, -length)}${hidden}…`;
    }
  }
  return text;
}

const masks = new WeakMap<Secret, Mask | "none">();

/** The mask of one secret; undefined when it is empty. */
export function maskFor(secret: Secret): Mask | undefined {
  const known = masks.get(secret);
  if (known !== undefined) return known === "none" ? undefined : known;
  const mask = maskOf([secret.reveal()]);
  masks.set(secret, mask ?? "none");
  return mask;
}

/** The password in a URL: `http://user:password@host/`. */
const passwordIn = (url = ""): string => {
  const raw = /^\/?[a-z]+:\/\/[^/?#@:]*:([^/?#@]*)@/i.exec(url)?.[1] ?? "";
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
};

type Confidential = "passwd" | "secret" | "request" | "virtualHost" | "login";
type Confidences = { readonly [K in Confidential]?: CheckSettings[K] | undefined };

/** The last wall before a verdict is told: a probe whose words are masked, all of them. */
export function masked(
  { passwd, secret, request, virtualHost, login }: Confidences,
  prepared: PreparedProbe,
): PreparedProbe {
  const mask = maskOf(
    [passwd?.reveal() ?? "", secret?.reveal() ?? "", passwordIn(request), passwordIn(virtualHost)],
    login,
  );
  if (mask === undefined) return prepared;
  const hide = (verdict: Verdict): Verdict => ({
    ...verdict,
    detail: mask.hide(verdict.detail),
    ...(verdict.monitored === undefined ? {} : { monitored: mask.hide(verdict.monitored) }),
  });
  return {
    ...prepared,
    probe: async (target, signal) => {
      Words.find(signal)?.veil((text) => {
        const veiled = mask.hide(text);
        return mask.holds(veiled) ? hidden : veiled;
      });
      try {
        return hide(await prepared.probe(target, signal));
      } catch (error) {
        if (error instanceof Error && error !== signal.reason) {
          error.message = mask.hide(error.message);
          if (error.stack !== undefined) error.stack = mask.hide(error.stack);
        }
        throw error;
      }
    },
  };
}
