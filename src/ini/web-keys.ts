/** Where a listener is, and who may come to it: `[metrics]`. */
import type { Place } from "../model/place.ts";
import { err, ok, type Result } from "../model/result.ts";
import { Secret } from "../model/secret.ts";
import { isOwnPlace, readWebPlace } from "../model/web-place.ts";

export interface WebSettings {
  /** See readWebPlace. Without it nobody listens. */
  readonly listen?: string;
  /** Where the file has it. */
  readonly place?: Place;
  readonly token?: Secret;
  /** Its first line is the token. */
  readonly tokenFile?: string;
  /** Names beside its address under which it may be asked. */
  readonly hosts?: readonly string[];
}

export type WebKey<S> = (text: string, place: Place) => Result<S, string>;

/** What nobody guesses. A browser and a header take it as it is. */
export const isToken = (text: string): boolean => /^[\w.~+/=-]{16,256}$/.test(text);
export const tokenForm = "16 to 256 letters, digits or . ~ + / = - _";

export const webKeys: Readonly<Record<string, WebKey<WebSettings>>> = {
  listen: (text, place) => {
    if (readWebPlace(text) !== undefined) return ok({ listen: text, place });
    return err(
      `"${text}" is no place to listen at; write 127.0.0.1:9160, [::1]:9160, or the absolute path of a socket`,
    );
  },
  token: (text) =>
    isToken(text) ? ok({ token: new Secret(text) }) : err(`a token has ${tokenForm}`),
  "token-file": (text) =>
    text.startsWith("/") ? ok({ tokenFile: text }) : err(`"${text}" is not an absolute path`),
  host: (text) => {
    const hosts = text.split(/[\s,]+/).filter((word) => word !== "");
    const wrong = hosts.find((host) => !/^[\w.-]{1,253}$/.test(host));
    if (hosts.length > 0 && wrong === undefined) return ok({ hosts });
    return err(`"${wrong ?? text}" is no name of a host; write lb1.example.com`);
  },
};

/** What others than this machine can reach wants a token. */
export function webLacks({ listen, place, token, tokenFile }: WebSettings = {}) {
  const at = listen === undefined ? undefined : readWebPlace(listen);
  if (at === undefined || place === undefined || isOwnPlace(at)) return undefined;
  if (token !== undefined || tokenFile !== undefined) return undefined;
  return {
    place,
    message: `"${listen}" is open to others than this machine, and wants a token; write token-file = /PATH below it`,
  };
}
