import { access, constants } from "node:fs/promises";
import type { Diagnostic } from "../config/diagnostics.ts";
import type { AlertRoute } from "../ini/alert-settings.ts";
import { iniProblem } from "../ini/ini.ts";
import { cronMatches } from "./deliver/digest.ts";

/** What is wrong with times of digests. */
export async function digestProblems(
  alerts: readonly AlertRoute[],
): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const { receiver } of alerts) {
    const digest = receiver.to === "mail" ? receiver.digest : undefined;
    if (digest === undefined || (await cronMatches(digest.cron)) !== undefined) continue;
    const message = `"${digest.cron}" is no cron expression of five fields; write 0 8 * * 1-5`;
    found.push(iniProblem(digest.place, "digest", message));
  }
  return found;
}

/**
 * Warnings about the files that alerts name, and that could not be used now. No more than that: nobody's traffic is to
 * wait for a password of a mail server.
 */
export async function fileDoubts(alerts: readonly AlertRoute[]): Promise<readonly Diagnostic[]> {
  const found = await Promise.all(
    alerts.flatMap(({ name, place, receiver }) =>
      filesOf(receiver).map(async ([key, path, mode]) => {
        const isFit = await access(path, mode).then(
          () => true,
          () => false,
        );
        if (isFit) return [];
        const what = mode === constants.X_OK ? "be run" : "be read";
        const message = `${key} = ${path} can not ${what} now: nothing will be told by it`;
        return [iniProblem(place, `alert ${name}`, message, "warning")];
      }),
    ),
  );
  return found.flat();
}

type FileOf = readonly [key: string, path: string | undefined, mode: number];

function filesOf(receiver: AlertRoute["receiver"]): readonly [string, string, number][] {
  const { R_OK, X_OK } = constants;
  const named: readonly FileOf[] =
    receiver.to === "command"
      ? [["command", receiver.command, X_OK]]
      : [
          ["ca-file", receiver.caFile, R_OK],
          receiver.to === "mail"
            ? ["password-file", receiver.login?.passwordFile, R_OK]
            : ["secret-file", receiver.secretFile, R_OK],
        ];
  return named.flatMap(([key, path, mode]) => (path === undefined ? [] : [[key, path, mode]]));
}
