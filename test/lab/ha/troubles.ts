import type { Pair } from "./pair.ts";
import type { Recipe } from "./recipe.ts";
import type { DirectorName } from "./topologies.ts";

/** What can happen to the active director. */
export interface Trouble {
  readonly name: string;
  /** Where it can happen. */
  readonly modes: readonly ("dr" | "nat")[];
  /** The address is with the other one afterwards: always, or as the recipe can. */
  readonly moves: "always" | "perhaps";
  /** For how long the traffic goes on after it: until long connections have noticed that all is well. */
  readonly lastsMs: number;
  /** From then on the other one hears nothing of it. */
  readonly silences?: true;
  readonly strike: (lab: Pair, active: DirectorName, recipe: Recipe) => Promise<void>;
}

const crash = { modes: ["dr", "nat"], moves: "always", lastsMs: 9000 } as const;

export const killOfEverything: Trouble = {
  ...crash,
  name: "kill -9 of everything on it",
  silences: true,
  strike: (lab, active) => lab.directors[active].killAll(),
};

export const orderlyStop: Trouble = {
  ...crash,
  name: "stopped in order",
  lastsMs: 7000,
  strike: (_, active, recipe) => recipe.stop(active),
};

export const troubles: readonly Trouble[] = [
  {
    ...crash,
    name: "its card loses the link",
    silences: true,
    strike: (lab, active) => lab.network.cable(active, "eth0", "out"),
  },
  killOfEverything,
  {
    ...crash,
    name: "SIGSTOP of everything on it",
    silences: true,
    strike: (lab, active) => lab.directors[active].signalAll("STOP"),
  },
  orderlyStop,
  {
    ...crash,
    name: "its checks die (kill -9)",
    moves: "perhaps",
    lastsMs: 12_000,
    strike: (_, active, recipe) => recipe.killChecks(active),
  },
  {
    ...crash,
    name: "loses the card to the servers",
    modes: ["nat"],
    strike: (lab, active) => lab.network.cable(active, "eth1", "out"),
  },
];
