/** `ldirectorctl health`: whether virtual services can be used, as an exit code. */
import { InvalidArgumentError, Option } from "commander";
import { messageOf } from "../../model/error-text.ts";
import { healthWords, reworded, type ServiceHealth, summed } from "../../word/health-word.ts";
import { type DaemonClient, NoDaemon } from "../client.ts";
import type { CtlCommand, SharedOptions } from "../command.ts";
import { withDaemon } from "../with-daemon.ts";
import { asJson } from "../words.ts";

interface HealthOptions extends SharedOptions {
  readonly any?: boolean;
  readonly share?: number;
  readonly json?: boolean;
}

/** As the daemon tells it. */
type Told = Omit<ServiceHealth, "key"> & { readonly name: string };

/** Whoever asks this often has no use for a later answer. */
const patienceMs = 5_000;

export const healthCommand: CtlCommand = (program, context) => {
  const { screen } = context;
  program
    .command("health")
    .argument("[virtual...]", "virtual services: only these")
    .addOption(new Option("--any", "of several the best word counts").conflicts("all"))
    .option("--all", "of several the worst word counts, as it does without")
    .option("--share <percent>", "with less than this share of its servers it is degraded", percent)
    .option("--json", "one object")
    .description("whether virtual services can be used: usable, degraded, nobody or unknown")
    .addHelpText(
      "after",
      "\nExit: 0 usable, 1 degraded, 2 nobody, 3 unknown, or no daemon answers, 64 wrong command line.\nWho asks each second asks ldirectord-health, which is 300 times cheaper.",
    )
    .action(async (asked: readonly string[], ...rest: readonly unknown[]) => {
      await withDaemon<HealthOptions>(context, async (daemon, { any, share, json }) => {
        const told = await ask(daemon);
        if (typeof told === "string") {
          screen.err(`${told}\n`);
          return unknown;
        }
        const services = told
          .filter(
            ({ id, name }) => asked.length === 0 || asked.some((it) => it === id || it === name),
          )
          .map((each) => ({ ...each, word: reworded(each, share) }));
        const absent = asked.filter((it) => !told.some(({ id, name }) => it === id || it === name));
        for (const name of absent) screen.err(`there is no virtual service ${name}\n`);
        if (told.length === 0) screen.err("there is no virtual service\n");
        const words = [
          ...services.map(({ word }) => word),
          ...absent.map(() => "unknown" as const),
        ];
        const word = summed(words, any === true ? "any" : "all");
        if (json === true) screen.out(asJson({ word, services }));
        else screen.out(services.map(lineOf).join(""));
        return healthWords.indexOf(word);
      })(...rest);
    });
};

const unknown = healthWords.indexOf("unknown");

const lineOf = ({ name, word, up, of }: Told): string => `${name} ${word} ${up} of ${of}\n`;

function percent(text: string): number {
  const share = /^\d{1,3}%?$/.test(text) ? Number.parseInt(text, 10) : 0;
  if (share >= 1 && share <= 100) return share;
  throw new InvalidArgumentError("It is no share from 1 to 100 percent.");
}

/** @returns why there is no answer, where that is not for want of a daemon */
async function ask(daemon: DaemonClient): Promise<readonly Told[] | string> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${patienceMs / 1000} s`), patienceMs);
  });
  const answer = daemon.ask("GET", "/v1/health").then(
    ({ body }) => (body as { readonly services: readonly Told[] }).services,
    (error: unknown) => {
      // Any other exit code would be a word of its own.
      if (error instanceof NoDaemon) throw error;
      return messageOf(error);
    },
  );
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
    // Hung up on when it was too late.
    answer.catch(() => {});
  }
}
