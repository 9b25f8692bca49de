import { describeTarget } from "./book.ts";
import type { Order } from "./order.ts";

/** `2026-11-30 15:04:05Z`: one clock for all who read it. */
export const sayTime = (ms: number): string =>
  new Date(ms)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "Z");

/** An order in a few words, for the log: `maintenance of 10.0.0.3:80 until …: new disk`. */
export function sayOrder(order: Order): string {
  const reason = order.reason === undefined ? "" : `: ${order.reason}`;
  return `${what(order)}${reason}`;
}

function what(order: Order): string {
  const target = describeTarget(order.target);
  const until =
    "until" in order && order.until !== undefined ? ` until ${sayTime(order.until)}` : "";
  switch (order.kind) {
    case "maintenance":
      return `maintenance of ${target}${until}`;
    case "drain":
      return `drain of ${target} by ${sayTime(order.deadline)}`;
    case "weight":
      return `weight ${order.weight} for ${target}${until}${order.isUntilRestart === true ? " until the next start" : ""}`;
  }
}
