import { type Namespace, runIn } from "./namespace.ts";

/** The kernel's table as `ipvsadm -Ln` prints it: service to its servers, "address:port" to "forward weight". */
export interface TableService {
  /** After the address: scheduler and flags, such as `wrr persistent 600`. */
  readonly settings: string;
  readonly servers: Readonly<Record<string, string>>;
}
export type Table = Readonly<Record<string, TableService>>;

/**
 * Services are keyed by their first words: `TCP 192.168.10.101:80`, `FWM 5`, `FWM 6 IPv6`.
 * Reads ipvsadm's own text on purpose: our reader must not vouch for itself.
 */
export function parseTable(text: string): Table {
  const table: Record<string, { settings: string; servers: Record<string, string> }> = {};
  let current: Record<string, string> = {};
  for (const line of text.split("\n").slice(3)) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "->") {
      const [, address = "", forward, weight] = words;
      current[address] = `${forward} ${weight}`;
    } else if (words.length > 2) {
      const nameLength = words[0] === "FWM" && words[2] === "IPv6" ? 3 : 2;
      current = {};
      table[words.slice(0, nameLength).join(" ")] = {
        settings: words.slice(nameLength).join(" "),
        servers: current,
      };
    }
  }
  return table;
}

export async function readTable(director: Namespace): Promise<Table> {
  return parseTable(await runIn(director, "ipvsadm", ["-L", "-n"]));
}
