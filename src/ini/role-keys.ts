/** `[role]`: by what this director tells whether it is the one that clients come to. */
import { err, ok, type Result } from "../model/result.ts";

type Follow =
  /** The host has the virtual address. */
  | { readonly kind: "vip" }
  /** Its first word: `active` or `spare`. */
  | { readonly kind: "file"; readonly path: string }
  /** Its exit status, by the shell: 0 active, 1 spare. */
  | { readonly kind: "command"; readonly line: string };

export interface RoleSettings {
  readonly follow?: Follow;
  /** Between two looks at the file, or two runs of the command. */
  readonly intervalMs?: number;
}

const forms = "write vip, file /PATH, or command /PATH";

export const roleKeys: Readonly<Record<string, (text: string) => Result<RoleSettings, string>>> = {
  follow: (text) => {
    if (text === "vip") return ok({ follow: { kind: "vip" } });
    const [, kind, argument = ""] = /^(file|command)\s+(\/\S.*)$/.exec(text) ?? [];
    if (kind === "file") return ok({ follow: { kind, path: argument } });
    if (kind === "command") return ok({ follow: { kind, line: argument } });
    return err(`"${text}" is nothing to follow; ${forms}`);
  },
  "interval-seconds": (text) => {
    const seconds = /^\d{1,4}$/.test(text) ? Number(text) : 0;
    if (seconds >= 1 && seconds <= 3600) return ok({ intervalMs: seconds * 1000 });
    return err(`"${text}" is not a number of seconds from 1 to 3600`);
  },
};
