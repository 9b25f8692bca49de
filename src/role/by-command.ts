import type { CommandRunner } from "../programs/runner.ts";
import { type Follower, followAnswers, patienceMs } from "./answers.ts";
import type { Role, Word } from "./role.ts";

const roles: ReadonlyMap<number | string, Role> = new Map([
  [0, "active"],
  [1, "spare"],
]);

/** `follow = command LINE`, for the shell: its exit status, asked for every `intervalMs`. */
export function followCommand(
  line: string,
  intervalMs: number,
  runner: Pick<CommandRunner, "ask">,
  tell: (word: Word) => void,
): Follower {
  return followAnswers({
    ask: async (): Promise<Word> => {
      const command = { kind: "shell", line } as const;
      const ended = await runner.ask({ command, timeoutSec: patienceMs / 1000 });
      const role = roles.get(ended);
      const how = typeof ended === "number" ? `exit status ${ended}` : ended;
      return role === undefined
        ? { kind: "unknown", why: `${line}: ${how}` }
        : { kind: "role", role, why: `${line}: ${how}` };
    },
    intervalMs,
    what: line,
    tell,
  });
}
