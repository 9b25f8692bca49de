import { post } from "../incidents/deliver/post.ts";
import { maxAlerts } from "../ini/alert-keys.ts";
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
  readonly post: typeof post;
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
  alert: maxAlerts,
} as const;
type Purpose = keyof typeof pools;

const poolsOf = (create: (maxRunning: number) => CommandRunner): Outside["commands"] => ({
  fallback: create(pools.fallback),
  callback: create(pools.callback),
  mail: create(pools.mail),
  instances: create(pools.instances),
  health: create(pools.health),
  role: create(pools.role),
  alert: create(pools.alert),
});

export const createOutside = (logger: Logger): Outside => ({
  commands: poolsOf((maxRunning) => createCommandRunner({ logger, maxRunning })),
  sendMail: sendBySmtp,
  post,
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
  const commands = poolsOf(() => runner);
  /** An alert that fails would be tried again. */
  const alert: CommandRunner = {
    ...runner,
    ask: async (command) => Number(!(await runner.run(command))),
  };
  return {
    commands: { ...commands, alert },
    async sendMail({ host }, { envelope }) {
      would(`send this to ${envelope.to.join(", ")} by ${host}`);
      return [];
    },
    async post({ url }) {
      would(`post to ${new URL(url).host}`);
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
