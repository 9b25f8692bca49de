import * as v from "valibot";
import { readVersioned } from "../files/versioned.ts";
import { gravities } from "../ini/alert-settings.ts";
import type { AlertState, AlertStates } from "./state.ts";
import { endings, topics } from "./trouble.ts";

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const line = v.pipe(v.string(), v.maxLength(10_000));
const name = v.pipe(v.string(), v.maxLength(300));
const gravity = v.picklist(gravities);
const topic = v.picklist(topics);

const member = v.strictObject({
  id: line,
  topic,
  gravity,
  service: v.optional(name),
  address: v.optional(v.pipe(v.string(), v.ip())),
  port: v.optional(v.pipe(whole, v.maxValue(65_535))),
  reason: line,
  at: whole,
  times: whole,
  over: v.optional(v.strictObject({ at: whole, how: v.picklist(endings) })),
});
const members = v.pipe(v.array(member), v.maxLength(100_000));

const book = v.strictObject({
  nextId: whole,
  gatherings: v.pipe(
    v.array(v.strictObject({ topic, from: whole, members })),
    v.maxLength(topics.length),
  ),
  incidents: v.pipe(
    v.array(
      v.strictObject({
        id: name,
        topic,
        openedAt: whole,
        grewAt: whole,
        messages: whole,
        told: v.optional(v.strictObject({ at: whole, gravity })),
        isChanged: v.boolean(),
        isFlapping: v.boolean(),
        members,
      }),
    ),
    v.maxLength(1_000),
  ),
  recent: v.pipe(
    v.array(v.tuple([line, v.pipe(v.array(whole), v.maxLength(10))])),
    v.maxLength(100_000),
  ),
});

const time = v.pipe(v.string(), v.isoTimestamp());
const names = v.pipe(v.array(name), v.maxLength(100));
const notice = v.strictObject({
  version: v.literal(1),
  id: name,
  event: v.picklist(["opened", "updated", "closed", "test"]),
  alert: name,
  incident: name,
  topic: v.picklist([...topics, "test"]),
  severity: gravity,
  title: line,
  director: name,
  instance: name,
  at: time,
  openedAt: time,
  closedAt: v.optional(time),
  isFlapping: v.boolean(),
  shares: v.optional(
    v.variant("kind", [
      v.strictObject({ kind: v.picklist(["server", "host", "network"]), of: name }),
      v.strictObject({ kind: v.literal("nothing"), networks: whole }),
    ]),
  ),
  troubles: whole,
  open: whole,
  withoutServer: names,
  moreWithoutServer: whole,
  members: v.pipe(
    v.array(
      v.strictObject({
        virtual: v.optional(name),
        real: v.optional(name),
        reason: line,
        since: time,
      }),
    ),
    v.maxLength(100),
  ),
  moreMembers: whole,
});

const stateSchema = v.strictObject({
  version: v.literal(1),
  savedAt: whole,
  alerts: v.pipe(
    v.array(
      v.strictObject({
        name,
        book,
        waiting: v.pipe(v.array(notice), v.maxLength(1_000)),
        seen: v.optional(whole),
      }),
    ),
    v.maxLength(100),
  ),
});

/**
 * @param now epoch milliseconds
 * @throws Error when any part of it is not as `stateText` writes it, or of a later version, or of a day to come
 */
export function readStates(text: string, now: number): AlertStates {
  const { alerts } = readVersioned(stateSchema, text, now);
  return new Map(alerts.map(({ name: of, ...state }) => [of, state as AlertState]));
}
