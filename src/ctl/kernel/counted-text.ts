import { printable } from "../../model/one-line.ts";
import type { CountedService, Counts, Measure } from "./counted.ts";
import { scaled, textTable } from "./text-table.ts";

/**
 * A line for each virtual service, and below it, set in, one for each of its real servers.
 * @param top so many services, and so many servers of each: the others are counted
 */
export function countedText(
  services: readonly CountedService[],
  measures: readonly Measure[],
  top = Number.POSITIVE_INFINITY,
): string {
  const cells = (name: string, counts: Counts): readonly string[] => [
    printable(name),
    ...measures.map(({ of }) => scaled(of(counts))),
  ];
  const more = (count: number, what: string): readonly (readonly string[])[] =>
    count > 0 ? [[`${what}… and ${count} more`]] : [];
  const rows = services
    .slice(0, top)
    .flatMap((service) => [
      cells(nameOf(service), service),
      ...service.servers.slice(0, top).map((server) => cells(`  ${server.server}`, server)),
      ...more(service.servers.length - top, "  "),
    ]);
  const columns = [
    { title: "VIRTUAL / REAL" },
    ...measures.map(({ word }) => ({ title: word.toUpperCase(), side: "right" }) as const),
  ];
  const table = textTable(columns, [...rows, ...more(services.length - top, "")]);
  const hasForeign = services.slice(0, top).some(({ isInFile }) => !isInFile);
  return hasForeign ? `${table}* not in the configuration file\n` : table;
}

/** The protocol is said where it is not TCP. */
function nameOf({ id, name, isInFile }: CountedService): string {
  const protocol = id.slice(0, id.indexOf(":"));
  const shown = protocol === "tcp" ? name : `${name} ${protocol}`;
  return isInFile ? shown : `${shown} *`;
}
