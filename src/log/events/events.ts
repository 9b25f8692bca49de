import { configEvents } from "./config.ts";
import { controlEvents } from "./control.ts";
import { daemonEvents } from "./daemon.ts";
import type { Event, Fields, ValuesOf } from "./event.ts";
import type { Field } from "./fields.ts";
import { healthEvents } from "./health.ts";
import { incidentEvents } from "./incidents.ts";
import { kernelEvents } from "./kernel.ts";
import { outsideEvents } from "./outside.ts";
import { roleEvents } from "./role.ts";
import { rowEvents } from "./rows.ts";
import { tableEvents } from "./table.ts";
import { webEvents } from "./web.ts";
import { wordEvents } from "./word.ts";

/** Every event there is, by its stable name. */
export const events = {
  ...daemonEvents,
  ...configEvents,
  ...rowEvents,
  ...tableEvents,
  ...kernelEvents,
  ...roleEvents,
  ...healthEvents,
  ...outsideEvents,
  ...wordEvents,
  ...incidentEvents,
  ...controlEvents,
  ...webEvents,
};

export type EventName = keyof typeof events;
type Values = { readonly [N in EventName]: ValuesOf<(typeof events)[N]["fields"]> };
export type EventFields<N extends EventName> = Values[N];

/** The event's line, in the original's words where it has some. */
export function textOf<N extends EventName>(name: N, values: EventFields<N>): string {
  const { text } = events[name] as unknown as Event;
  return text(
    Object.fromEntries(
      printed(name, values).map(([field, { inText }, value]) => [field, inText(value)]),
    ),
  );
}

/** Its fields, each as the journal and JSON have it: what the line is made of, and sometimes more. */
export function fieldsOf<N extends EventName>(
  name: N,
  values: EventFields<N>,
): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    printed(name, values).flatMap(([field, { asField, parts = {} }, value]) => [
      ...(asField === undefined ? [] : [[field, asField(value)] as const]),
      ...Object.entries(parts).map(([part, print]) => [part, print(value)] as const),
    ]),
  );
}

/** Those of its fields that were given. */
function printed<N extends EventName>(
  name: N,
  values: EventFields<N>,
): readonly (readonly [name: string, field: Field<unknown>, value: unknown])[] {
  const given = values as Readonly<Record<string, unknown>>;
  return Object.entries(events[name].fields as Fields as Record<string, Field<unknown>>).flatMap(
    ([field, kind]) => (given[field] === undefined ? [] : [[field, kind, given[field]] as const]),
  );
}
