/** Ports by service name, as getservbyname(3) finds them in a file like /etc/services. */
export interface ServiceTable {
  /** @param protocol undefined: the first entry of that name, of any protocol */
  port(name: string, protocol?: string): number | undefined;
}

/** Lines read `name port/protocol alias…`; the first entry wins, also one by alias. */
export function parseServices(text: string): ServiceTable {
  const ports = new Map<string, number>();
  const add = (key: string, port: number) => {
    if (!ports.has(key)) ports.set(key, port);
  };
  for (const line of text.split("\n")) {
    const [name, entry, ...aliases] = line.replace(/#.*/s, "").trim().split(/\s+/);
    const [, port, protocol] = /^(\d+)\/(\w+)$/.exec(entry ?? "") ?? [];
    if (name === undefined || protocol === undefined) continue;
    for (const word of [name, ...aliases]) {
      add(`${word}/${protocol}`, Number(port));
      add(word, Number(port));
    }
  }
  return {
    port: (name, protocol) => ports.get(protocol === undefined ? name : `${name}/${protocol}`),
  };
}
