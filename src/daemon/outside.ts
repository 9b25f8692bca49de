import type { Logger } from "../log/logger.ts";
import { sendBySmtp } from "../mail/smtp.ts";
import { type AppendFile, appendFile, type Trouble } from "../monitorfile/append-file.ts";
import { type CommandRunner, createCommandRunner } from "../programs/runner.ts";
import { type HealthFile, type HealthFileOptions, keepHealthFile } from "../word/health-file.ts";

/**
 * All by which the daemon acts on anything but the table: whatever tells somebody, or starts something, is given
 * this and has nothing else. So a dry run is one without it, also for what is added later; eslint.config.mjs keeps
 * the means themselves from everybody else in src/notify.
 */
export interface Outside {
  /** Programs: a pool for each purpose, so that those that hang hold up their own kind only. */
  readonly commands: Readonly<Record<Purpose, CommandRunner>>;
  readonly sendMail: typeof sendBySmtp;
  readonly appendFile: (path: string, trouble: Trouble) => AppendFile;
  readonly keepHealthFile: (options: HealthFileOptions) => HealthFile;
}

/** How many run at once. */
const pools = {
  fallback: 16,
  callback: 4,
  mail: 4,
  instances: 4,
  health: 32,
  role: 1,
} as const;
type Purpose = keyof typeof pools;

const poolsOf = (create: (maxRunning: number) => CommandRunner): Outside["commands"] => ({
  fallback: create(pools.fallback),
  callback: create(pools.callback),
  mail: create(pools.mail),
  instances: create(pools.instances),
  health: create(pools.health),
  role: create(pools.role),
});

export const createOutside = (logger: Logger): Outside => ({
  commands: poolsOf((maxRunning) => createCommandRunner({ logger, maxRunning })),
  sendMail: sendBySmtp,
  appendFile,
  keepHealthFile,
});

/** Says what it would have done, and does nothing. */
export function createDryOutside(log: Logger): Outside {
  const would = (what: string) => log.event("dry-run", { what });
  const runner: CommandRunner = {
    async run({ command, shown }) {
      const line = command.kind === "shell" ? command.line : command.argv.join(" ");
      would(`run ${shown ?? line}`);
      return true;
    },
    async ask(command) {
      await runner.run(command);
      return "a dry run asks nobody";
    },
    idle: async () => {},
    stop: async () => {},
  };
  return {
    commands: poolsOf(() => runner),
    async sendMail({ host }, { envelope }) {
      would(`send this to ${envelope.to.join(", ")} by ${host}`);
      return [];
    },
    appendFile(path) {
      // Once is enough: there is a line for each check.
      would(`write to ${path}`);
      return { add: () => {}, settled: async () => {} };
    },
    keepHealthFile({ path }) {
      would(`write to ${path}`);
      return { changed: () => {}, end: async () => {} };
    },
  };
}
