import type { Rule } from "./rule.ts";
import { addressRules } from "./rules/addresses.ts";
import { connectionRules } from "./rules/connections.ts";
import { forwardingRules } from "./rules/forwarding.ts";
import { hostRules } from "./rules/host.ts";
import { kernelRules } from "./rules/kernel.ts";
import { realServerRules } from "./rules/real-server.ts";
import { syncRules } from "./rules/sync.ts";
import { translationRules } from "./rules/translation.ts";

/** In the order in which they are told. */
export const rules: readonly Rule[] = [
  ...kernelRules,
  ...addressRules,
  ...forwardingRules,
  ...translationRules,
  ...realServerRules,
  ...connectionRules,
  ...syncRules,
  ...hostRules,
];
