/** Where a change shows. `table`: in IPVS's, at once. The others: in what the daemon does from then on. */
export type Part = "table" | "checks" | "alerts" | "commands" | "settings";

/** One value, in the words of the file, or of ipvsadm where the file has none. */
export interface Field {
  readonly name: string;
  /** Absent: there was none; */
  readonly before?: string | number;
  /** there will be none. */
  readonly after?: string | number;
}

/** One thing that will be other than it is. */
export interface Change {
  readonly part: Part;
  readonly action: "add" | "change" | "remove";
  /** As the log names it, `tcp:10.0.0.1:80`; absent: of no virtual service. */
  readonly virtual?: string;
  /** `10.0.0.3:80`: in the table the row's place, else as the file writes it. Absent: of the whole. */
  readonly real?: string;
  /** Of what is added or removed: all that there is to say. */
  readonly fields: readonly Field[];
  /** Why, where it is not the file's own word. */
  readonly because?: string;
}

type Values = ReadonlyMap<string, string | number>;

/** What there is, as so many fields. */
export const added = (values: Values): readonly Field[] =>
  [...values].map(([name, after]) => ({ name, after }));
export const removed = (values: Values): readonly Field[] =>
  [...values].map(([name, before]) => ({ name, before }));

/** Those that differ, in the order of `before`, then of `after`. */
export function changed(before: Values, after: Values): readonly Field[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].flatMap((name) => {
    const [was, is] = [before.get(name), after.get(name)];
    if (was === is) return [];
    return [
      { name, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) },
    ];
  });
}
