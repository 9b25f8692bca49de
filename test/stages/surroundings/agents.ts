import { attempt, type Outcome } from "./attempt.ts";

/** Debian's own, of resource-agents, and ours. */
export const providers = ["heartbeat", "ldirectord-ng"] as const;
export type Provider = (typeof providers)[number];

export const agentOf = (provider: Provider): string =>
  `/usr/lib/ocf/resource.d/${provider}/ldirectord`;

/** An action of an agent, as Pacemaker calls it: the codes are those of the OCF resource agent API. */
export const act = (provider: Provider, action: string): Promise<Outcome> =>
  attempt(
    "env",
    ...["OCF_ROOT=/usr/lib/ocf", "OCF_RESOURCE_INSTANCE=director"],
    ...[agentOf(provider), action],
  );
