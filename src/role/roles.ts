import { isDeepStrictEqual } from "node:util";
import type { RoleSettings } from "../ini/role-keys.ts";
import type { Logger } from "../log/logger.ts";
import { serviceId, serviceName, type VirtualService } from "../model/virtual-service.ts";
import type { CommandRunner } from "../programs/runner.ts";
import type { Follower } from "./answers.ts";
import { followAddresses } from "./by-address.ts";
import { followCommand } from "./by-command.ts";
import { followFile } from "./by-file.ts";
import { type Role, type RoleState, rolesBy, rolesHeld, type Word } from "./role.ts";

export interface RolesOptions {
  readonly log: Logger;
  readonly commands: Pick<CommandRunner, "ask">;
  /** Some role is another one now. */
  readonly onChange: () => void;
  /** In place of this host's own. */
  readonly followVip?: (tell: (word: Word) => void) => Follower;
}

/** The role of this director, by virtual service. */
export interface Roles {
  /**
   * Of these services from now on. Until a new one who is followed has answered, all stay as they are.
   * @returns settles when there was an answer, or when it is overdue: then nobody knows
   */
  follow(virtuals: readonly VirtualService[], settings: RoleSettings | undefined): Promise<void>;
  /** undefined: nobody is asked, or nobody has answered yet. */
  of(serviceId: string): RoleState | undefined;
  /** Those that it has, of anything. */
  held(): ReadonlySet<Role>;
  stop(): void;
}

const defaultIntervalMs = 1_000;

export function createRoles(options: RolesOptions): Roles {
  const { log, commands, onChange, followVip = followAddresses } = options;
  let virtuals: readonly VirtualService[] = [];
  let settings: RoleSettings | undefined;
  let states: ReadonlyMap<string, RoleState> = new Map();
  let word: Word | undefined;
  let follower: Follower | undefined;

  const take = (): void => {
    if (word === undefined) return;
    const before = states;
    states = rolesBy(word, virtuals, before, Date.now());
    for (const change of changesOf(before, states, virtuals)) tell(log, change);
    onChange();
  };
  /** @returns the first answer, at the latest when it is overdue */
  const begin = ({ follow, intervalMs = defaultIntervalMs }: RoleSettings): Promise<void> =>
    new Promise((resolve) => {
      const own = settings;
      const hear = (said: Word): void => {
        if (settings === own && !isDeepStrictEqual(said, word)) {
          word = said;
          take();
        }
        resolve();
      };
      if (follow?.kind === "vip") follower = followVip(hear);
      else if (follow?.kind === "file") follower = followFile(follow.path, intervalMs, hear);
      else if (follow?.kind === "command") {
        follower = followCommand(follow.line, intervalMs, commands, hear);
      } else resolve();
    });

  return {
    async follow(all, next) {
      virtuals = all;
      if (isDeepStrictEqual(next, settings)) return take();
      settings = next;
      follower?.stop();
      follower = undefined;
      word = undefined;
      if (next?.follow !== undefined) return begin(next);
      states = new Map();
      onChange();
    },
    of: (id) => states.get(id),
    held: () => rolesHeld(states.values()),
    stop: () => follower?.stop(),
  };
}

/** Services whose role, or what is known of it, is another one for the same reason. */
interface RoleChange {
  readonly state: RoleState;
  readonly names: readonly string[];
}

function changesOf(
  before: ReadonlyMap<string, RoleState>,
  after: ReadonlyMap<string, RoleState>,
  virtuals: readonly VirtualService[],
): Iterable<RoleChange> {
  const changes = new Map<string, { state: RoleState; names: string[] }>();
  for (const { key } of virtuals) {
    const id = serviceId(key);
    const [was, state] = [before.get(id), after.get(id)];
    if (state === undefined || isSame(was, state)) continue;
    const reason = `${state.role} ${state.why}`;
    const change = changes.get(reason) ?? { state, names: [] };
    change.names.push(serviceName(key));
    changes.set(reason, change);
  }
  return changes.values();
}

/** To who reads the log. Of one who does not know, the reason is news as well. */
const isSame = (was: RoleState | undefined, is: RoleState): boolean =>
  was?.role === is.role &&
  was.isUnknown === is.isUnknown &&
  (is.isUnknown !== true || was.why === is.why);

const mostNames = 4;

function tell(log: Logger, { state: { role, why, isUnknown }, names }: RoleChange): void {
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : "";
  const virtuals = `${names.slice(0, mostNames).join(", ")}${more}`;
  if (isUnknown === true) log.event("role-unknown", { virtuals, cause: why });
  else log.event("role-changed", { role, virtuals, cause: why });
}
