import type { Directive } from "./directives.ts";
import { isSecretName } from "./mask.ts";
import { closestWord } from "./suggestion.ts";

/** What `text` says as a yes or a no, in whatever words; undefined when it says neither. */
export function meantFlag(text: string): "yes" | "no" | undefined {
  const word = bare(text).toLowerCase();
  if (/^(true|on|1|y|enabled?|always)$/.test(word)) return "yes";
  if (/^(false|off|0|n|disabled?|never|none)$/.test(word)) return "no";
  const near = closestWord(word, ["yes", "no"]);
  return near === "yes" || near === "no" ? near : undefined;
}

/** The operator's own value as the directive wants it; an example where no value can be made out. */
export function rightForm(directive: Directive, written: string): string {
  const { name, kind, example } = directive;
  const text = written.trim();
  const plain = bare(text);
  if (plain === "" || isSecretName(name)) return example;
  switch (kind) {
    case "yes-no":
    case "supervised": {
      const meant = meantFlag(text);
      return meant === undefined ? `${name}=yes or ${name}=no` : `${name}=${meant}`;
    }
    case "quoted":
      return `${name}="${plain}"`;
    case "positive":
    case "digits":
    case "leading-digits":
    case "port": {
      const digits = /\d+/.exec(text)?.[0];
      return digits === undefined || Number(digits) === 0 ? example : `${name}=${digits}`;
    }
    case "smtp": {
      const host = /^[0-9A-Za-z._+-]+/.exec(plain)?.[0];
      return host === undefined ? example : `${name}=${host}`;
    }
    case "virtual":
    case "real":
    case "fallback":
      return `${name}=${text}`;
    case "unquoted":
    case "verbatim":
    case "check-type":
    case "service":
    case "scheduler":
    case "scheduler-flags":
    case "netmask":
    case "protocol":
    case "http-method":
    case "email-address":
    case "email-status":
    case "virtualhost":
    case "removed":
      return `${name}=${plain}`;
  }
}

/** Without the quotes around it, of whatever kind, also when one of the two is missing. */
const bare = (text: string): string =>
  text.trim().replace(/^(["'`])(.*)\1$|^["'`]|["'`]$/gs, (_, quote, inner) => (quote ? inner : ""));

/** For messages: what the operator wrote, in quotes that it does not hold itself. */
export const shown = (value: string): string =>
  value.includes('"') ? `'${value}'` : JSON.stringify(value);
