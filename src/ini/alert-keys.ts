/** The keys of an `[alert NAME]`, and what the section wants as a whole. */
import { suggestion } from "../config/text/suggestion.ts";
import { readDuration } from "../model/duration.ts";
import { recipientsIn, senderOf } from "../model/mail-address.ts";
import type { Place } from "../model/place.ts";
import { err, ok, type Result } from "../model/result.ts";
import {
  type AlertRoute,
  type Gravity,
  gravities,
  type MailReceiver,
  type Receiver,
  tlsWords,
  type WebhookReceiver,
  webhookFormats,
} from "./alert-settings.ts";

const kinds = ["mail", "webhook", "command"] as const;
type Kind = (typeof kinds)[number];

/** All that the keys of a section can say. */
interface Words {
  readonly to: Kind;
  readonly virtual: readonly string[];
  readonly severity: Gravity;
  readonly wait: number;
  readonly update: number;
  readonly server: string;
  readonly port: number;
  readonly tls: MailReceiver["tls"];
  readonly "ca-file": string;
  readonly user: string;
  readonly "password-file": string;
  readonly from: string;
  readonly recipients: string;
  readonly "at-most": NonNullable<MailReceiver["atMost"]>;
  readonly digest: NonNullable<MailReceiver["digest"]>;
  readonly url: string;
  readonly format: WebhookReceiver["format"];
  readonly "secret-file": string;
  readonly timeout: number;
  readonly command: string;
}

/** A section as far as it has been read. */
export interface AlertDraft {
  readonly name: string;
  readonly place: Place;
  readonly words: Partial<Words>;
  /** Of each key that was given, right or wrong. */
  readonly places: ReadonlyMap<string, Place>;
}

interface Key<T> {
  readonly read: (text: string, place: Place) => Result<T, string>;
  /** Whose receivers it is of. Default: of all. */
  readonly of?: readonly Kind[];
}

const oneOf =
  <T extends string>(words: readonly T[]): Key<T>["read"] =>
  (text) => {
    const word = words.find((known) => known === text);
    if (word !== undefined) return ok(word);
    return err(`"${text}" is neither ${words.join(" nor ")}${suggestion(text, words)}`);
  };

const absolutePath: Key<string>["read"] = (text) =>
  text.startsWith("/") ? ok(text) : err(`"${text}" is not an absolute path`);

const duration =
  (minMs: number, maxMs: number, bounds: string): Key<number>["read"] =>
  (text) => {
    const ms = readDuration(text) ?? -1;
    if (ms >= minMs && ms <= maxMs) return ok(ms);
    return err(`"${text}" is no time from ${bounds}; write 5s, 10m or 1h30m`);
  };

const hourMs = 3_600_000;

const keys: { readonly [K in keyof Words]: Key<Words[K]> } = {
  to: { read: oneOf(kinds) },
  virtual: {
    read: (text) => {
      const patterns = text.split(/[\s,]+/).filter((each) => each !== "");
      if (patterns.length > 0 && patterns.length <= 100) return ok(patterns);
      return err(
        "wants the names of virtual services, 100 at most; write 192.0.2.1:80 192.0.2.2:*",
      );
    },
  },
  severity: { read: oneOf(gravities) },
  wait: { read: duration(0, hourMs, "0s to 1h") },
  update: { read: duration(60_000, 168 * hourMs, "1m to 7d") },
  server: {
    of: ["mail"],
    read: (text) => (/^[^\s/@]{1,253}$/.test(text) ? ok(text) : err(`"${text}" is no host`)),
  },
  port: {
    of: ["mail"],
    read: (text) => {
      const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
      return port >= 1 && port <= 65_535
        ? ok(port)
        : err(`"${text}" is not a port from 1 to 65535`);
    },
  },
  tls: { of: ["mail"], read: oneOf(tlsWords) },
  "ca-file": { of: ["mail", "webhook"], read: absolutePath },
  user: { of: ["mail"], read: (text) => (text === "" ? err("wants a name") : ok(text)) },
  "password-file": { of: ["mail"], read: absolutePath },
  from: {
    of: ["mail"],
    read: (text) => (senderOf(text) === undefined ? err(`"${text}" holds no address`) : ok(text)),
  },
  recipients: {
    of: ["mail"],
    read: (text) => {
      const all = recipientsIn(text);
      if (all.length > 0 && all.length <= 100) return ok(text);
      return err(
        `"${text}" holds no address, or more than 100; write ops@example.org, night@example.org`,
      );
    },
  },
  "at-most": {
    of: ["mail"],
    read: (text) => {
      const [, count = "", per = ""] = /^(\d{1,4})\s*\/\s*(\S+)$/.exec(text) ?? [];
      const [mails, perMs] = [Number(count), readDuration(per) ?? 0];
      if (mails >= 1 && perMs >= 60_000 && perMs <= 24 * hourMs) return ok({ mails, perMs });
      return err(`"${text}" is no number of mails in a time from 1m to 1d; write 10/1h`);
    },
  },
  digest: { of: ["mail"], read: (text, place) => ok({ cron: text, place }) },
  url: {
    of: ["webhook"],
    read: (text) => {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
      // What it holds may be as good as a password.
      if (url === undefined || !isHttp) return err("is no URL; write https://host.example/path");
      if (url.username !== "" || url.password !== "") return err("must not hold a password");
      return ok(text);
    },
  },
  format: { of: ["webhook"], read: oneOf(webhookFormats) },
  "secret-file": { of: ["webhook"], read: absolutePath },
  timeout: { of: ["webhook", "command"], read: duration(1_000, hourMs, "1s to 1h") },
  command: { of: ["command"], read: absolutePath },
};

export const alertKeys = Object.keys(keys) as readonly (keyof Words)[];

/** More are a site that wants a program between. */
export const maxAlerts = 32;

/** @returns what is wrong with the name */
export function beginAlert(name: string, place: Place): Result<AlertDraft, string> {
  if (/^[A-Za-z0-9][\w.-]{0,31}$/.test(name)) {
    return ok({ name, place, words: {}, places: new Map() });
  }
  return err(
    `"${name}" is no name of an alert: letters, digits, - and _, 32 at most; write [alert ops]`,
  );
}

/** The section with one key more, and what is wrong with that. */
export function withKey(
  draft: AlertDraft,
  key: keyof Words,
  text: string,
  place: Place,
): { readonly draft: AlertDraft; readonly trouble?: string } {
  const places = new Map(draft.places).set(key, place);
  const read = (keys[key].read as Key<unknown>["read"])(text, place);
  if (!read.ok) return { draft: { ...draft, places }, trouble: read.error };
  return { draft: { ...draft, places, words: { ...draft.words, [key]: read.value } } };
}

interface AlertProblem {
  readonly place: Place;
  readonly key: string;
  readonly message: string;
}

/** The whole of a section, or all that is wrong with it beside what was told of its keys. */
export function readAlert(draft: AlertDraft): Result<AlertRoute, readonly AlertProblem[]> {
  const { name, place, words, places } = draft;
  const { to, virtual, severity = "warning", wait = 5_000, update = 600_000 } = words;
  const section = `alert ${name}`;
  if (to === undefined) {
    const message = `wants to know how; write to = ${kinds.join(", or to = ")} below it`;
    return err(places.has("to") ? [] : [{ place, key: section, message }]);
  }
  const problems: AlertProblem[] = [];
  for (const [key, at] of places) {
    const { of } = keys[key as keyof Words];
    if (of !== undefined && !of.includes(to)) {
      const message = `is for to = ${of.join(" and to = ")}, and this alert goes by ${to}`;
      problems.push({ place: at, key, message });
    }
  }
  const wants = (key: keyof Words, example: string, why = `to = ${to}`) => {
    if (!places.has(key))
      problems.push({
        place,
        key: section,
        message: `${why} wants a ${key}; write ${key} = ${example}`,
      });
  };
  if (to === "mail") {
    wants("server", "mail.example.org");
    wants("recipients", "ops@example.org");
    if (places.has("user")) wants("password-file", "/etc/ha.d/mail.password", "a user");
    if (places.has("password-file")) wants("user", "ldirectord", "a password-file");
    const at = places.get("user");
    if (at !== undefined && (words.tls ?? "no") === "no") {
      const message = "a password goes out over TLS alone; write tls = starttls, or tls = yes";
      problems.push({ place: at, key: "user", message });
    }
  } else if (to === "webhook") wants("url", "https://host.example/path");
  else wants("command", "/usr/local/sbin/tell");
  if (problems.length > 0) return err(problems);
  const receiver = receiverOf(to, words);
  // What it lacks was told with its line.
  if (receiver === undefined) return err([]);
  const all = { name, place, severity, waitMs: wait, updateMs: update, receiver };
  return ok(virtual === undefined ? all : { ...all, virtuals: virtual });
}

function receiverOf(to: Kind, words: Partial<Words>): Receiver | undefined {
  const {
    server,
    recipients,
    tls = "no",
    user,
    from,
    digest,
    url,
    format = "json",
    command,
  } = words;
  const caFile = words["ca-file"];
  const [passwordFile, secretFile, atMost] = [
    words["password-file"],
    words["secret-file"],
    words["at-most"],
  ];
  if (to === "command") {
    return command === undefined ? undefined : { to, command, timeoutMs: words.timeout ?? 30_000 };
  }
  const ca = caFile === undefined ? {} : { caFile };
  if (to === "webhook") {
    if (url === undefined) return undefined;
    const secret = secretFile === undefined ? {} : { secretFile };
    return { to, url, format, timeoutMs: words.timeout ?? 10_000, ...secret, ...ca };
  }
  if (server === undefined || recipients === undefined) return undefined;
  const port = words.port ?? (tls === "yes" ? 465 : 25);
  const login =
    user !== undefined && passwordFile !== undefined ? { login: { user, passwordFile } } : {};
  return {
    ...{ to, server, port, tls, recipients, ...ca, ...login },
    ...(from !== undefined && { from }),
    ...(atMost !== undefined && { atMost }),
    ...(digest !== undefined && { digest }),
  };
}
