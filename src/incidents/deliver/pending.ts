import type { Notice } from "../notice.ts";

/** More never wait for one receiver. */
export const maxPending = 200;

/**
 * The notices that wait, with one more. Of an incident's updates the newest alone waits; opened and closed keep their
 * order. When too many wait, updates give way first, the oldest of them.
 * @param held the first so many are being sent: they stay as they are
 */
export function withNotice(
  waiting: readonly Notice[],
  notice: Notice,
  held: number,
  limit = maxPending,
): { readonly waiting: readonly Notice[]; readonly dropped: number } {
  const after = [...waiting];
  const last = after.findLastIndex(({ incident }) => incident === notice.incident);
  const isOutdated = notice.event === "updated" && last >= held && after[last]?.event === "updated";
  if (isOutdated) after[last] = notice;
  else after.push(notice);
  if (after.length <= limit) return { waiting: after, dropped: 0 };
  const update = after.findIndex(({ event }, i) => i >= held && event === "updated");
  after.splice(update >= 0 ? update : Math.min(held, after.length - 1), 1);
  return { waiting: after, dropped: 1 };
}
