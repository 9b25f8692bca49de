/** The kernel's table: each service's settings, and each of its rows, in words to compare. By `-t 10.0.0.1:80`. */
export type Table = ReadonlyMap<string, TableEntry>;

interface TableEntry {
  /** `-s wrr -p 300`. */
  readonly settings: string;
  /** By real server: `gate weight 5 upper 0 lower 0`. */
  readonly rows: ReadonlyMap<string, string>;
}

const forwardings: Readonly<Record<string, string>> = { "-g": "gate", "-m": "masq", "-i": "ipip" };

/**
 * Reads `ipvsadm -Sn`, an empty line, and `ipvsadm -L -n --thresholds`: no one listing has everything.
 * The kernel's order of rows says nothing and is dropped.
 */
export function parseTable(text: string): Table {
  const [saved = "", listed = ""] = text.split("\n\n");
  const thresholds = readThresholds(listed);
  const table = new Map<string, { settings: string; rows: Map<string, string> }>();
  for (const line of saved.split("\n")) {
    const words = line.trim().split(/\s+/);
    const [command, kind = "", address = ""] = words;
    const isSix = words[3] === "-6";
    const name = `${kind} ${address}${isSix ? " -6" : ""}`;
    const rest = words.slice(isSix ? 4 : 3);
    if (command === "-A") table.set(name, { settings: rest.join(" "), rows: new Map() });
    if (command !== "-a") continue;
    const [, real = "", forward = "", , weight = ""] = rest;
    const limits = thresholds.get(`${name} ${real}`) ?? "?";
    table
      .get(name)
      ?.rows.set(real, `${forwardings[forward] ?? forward} weight ${weight} ${limits}`);
  }
  return table;
}

const protocols: Readonly<Record<string, string>> = { TCP: "-t", UDP: "-u", FWM: "-f" };

/** By service and real server. */
function readThresholds(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let service = "";
  for (const line of text.split("\n")) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "->")
      found.set(`${service} ${words[1]}`, `upper ${words[2]} lower ${words[3]}`);
    else if (protocols[words[0] ?? ""]) {
      const six = words[0] === "FWM" && words[2] === "IPv6" ? " -6" : "";
      service = `${protocols[words[0] ?? ""]} ${words[1]}${six}`;
    }
  }
  return found;
}

/** To compare: one line for each service, and for each of its rows. */
export const tableLines = (table: Table): string[] =>
  [...table].flatMap(([name, { settings, rows }]) => [
    `${name} ${settings}`,
    ...[...rows].map(([real, row]) => `${name} -> ${real} ${row}`),
  ]);
