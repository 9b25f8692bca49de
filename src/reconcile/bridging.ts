import type { TableDest } from "../ipvs/ipvs.ts";
import { sameEndpoint } from "../model/address.ts";
import type { DesiredDest } from "./rows.ts";
import type { TrackedService } from "./tracked-service.ts";

/**
 * Nothing that the file names serves yet, and something may soon: a server was not asked yet, or a change was
 * refused. Until then what is to go serves on. A fallback server counts once all were asked: before that it may have
 * to go for a server with weight 0.
 */
export function isBridging(services: Iterable<TrackedService>): boolean {
  let isWaiting = false;
  for (const { virtual, wanted, actual, refused } of services) {
    if (virtual === undefined) continue;
    const isAsking = wanted?.dests.some(isUnasked) === true;
    const last = isAsking ? wanted.dests.find(isFallback)?.dest : undefined;
    const serves = ({ weight, endpoint }: TableDest) =>
      weight > 0 && !(last && sameEndpoint(endpoint, last.endpoint));
    if (actual?.dests.some(serves)) return false;
    isWaiting ||= refused.size > 0 || isAsking;
  }
  return isWaiting;
}

const isUnasked = ({ standing }: DesiredDest): boolean => standing === "unknown";
const isFallback = ({ standing }: DesiredDest): boolean => standing === "fallback";
