import { readRegularFile } from "../config/read-file.ts";
import { isToken, tokenForm, type WebSettings } from "../ini/web-keys.ts";
import { textOf } from "../log/events/events.ts";
import type { Logger } from "../log/logger.ts";
import { messageOf } from "../model/error-text.ts";
import { openWeb, type WebListener, type WebOptions } from "./listener.ts";

/** A listener as the configuration wants it, as soon as it can be had. */
export interface KeptWeb {
  /** Goes on to these settings. Settles when that has worked, or was tried once. Never rejects. */
  follow(settings: WebSettings | undefined): Promise<void>;
  /** Where it listens now. */
  address(): string | undefined;
  close(): Promise<void>;
}

export interface KeptWebOptions extends Pick<WebOptions, "serve" | "log" | "limits"> {
  /** How soon what did not work is tried again. Default 10 s. */
  readonly retryMs?: number;
}

/** What a listener is opened with, and another one when it changes. */
type Opening = Pick<WebOptions, "listen" | "token" | "hosts">;

export function keepWeb({ serve, limits, retryMs = 10_000, ...options }: KeptWebOptions): KeptWeb {
  const log = onceTold(options.log);
  let wanted: WebSettings | undefined;
  let open: { readonly listener: WebListener; readonly as: string } | undefined;
  let retry: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();

  const bring = async (): Promise<void> => {
    clearTimeout(retry);
    const opening = wanted && (await openingOf(wanted, log));
    if (opening !== undefined && open?.as === JSON.stringify(opening)) return;
    await open?.listener.close();
    open = undefined;
    const listener = opening && (await openWeb({ ...opening, serve, log, limits }));
    if (listener !== undefined) open = { listener, as: JSON.stringify(opening) };
    else if (wanted?.listen !== undefined) retry = setTimeout(() => void again(), retryMs).unref();
  };
  const again = (): Promise<void> => {
    last = last.then(bring);
    return last;
  };
  const follow = (settings: WebSettings | undefined): Promise<void> => {
    wanted = settings;
    return again();
  };
  return { follow, address: () => open?.listener.address, close: () => follow(undefined) };
}

/** @returns undefined when there is nothing to open, or not now: that is told */
async function openingOf(settings: WebSettings, log: Logger): Promise<Opening | undefined> {
  const { listen, token, tokenFile, hosts } = settings;
  if (listen === undefined) return undefined;
  if (tokenFile === undefined) return { listen, token: token?.reveal(), hosts };
  try {
    return { listen, token: await tokenIn(tokenFile), hosts };
  } catch (error) {
    log.event("web-failed", { place: listen, cause: `${tokenFile}: ${messageOf(error)}` });
    return undefined;
  }
}

async function tokenIn(path: string): Promise<string> {
  const [line = ""] = (await readRegularFile(path)).toString().split("\n", 1);
  const token = line.trim();
  if (!isToken(token)) throw new Error(`its first line is no token, which has ${tokenForm}`);
  return token;
}

/** One trouble is told once, however often it is tried. */
function onceTold(log: Logger): Logger {
  let told = "";
  return {
    debug: (text) => log.debug(text),
    event: (name, values) => {
      const text = textOf(name, values);
      if (name === "web-failed" && text === told) return;
      if (name === "web-failed" || name === "web-opened") told = text;
      log.event(name, values);
    },
  };
}
