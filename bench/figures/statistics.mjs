/** Figures: what several runs gave, beside others' and beside a goal. Pure. */

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The contestant whose figures a goal is about. */
const ours = "ours";

/**
 * @param figure { values: by contestant, those of each run, goal: { atMost or atLeast, of: a peer when it is a ratio } }
 * @returns the peer that ours stands beside, if one ran; ours to its; whether the goal is met, undefined where nothing can
 *   be said
 */
export function judge({ values, goal }) {
  const middle = (who) => (values[who]?.length ? median(values[who]) : undefined);
  const own = middle(ours);
  const peer = [goal?.of, "keepalived", "original", "floor"].find(
    (who) => who && values[who]?.length,
  );
  const ratio = own === undefined || peer === undefined ? undefined : own / middle(peer);
  if (!goal) return { peer, ratio };
  const measured = goal.of === undefined ? own : goal.of === peer ? ratio : undefined;
  if (measured === undefined) return { peer, ratio };
  const isMet = goal.atMost === undefined ? measured >= goal.atLeast : measured <= goal.atMost;
  return { peer, ratio, isMet };
}
