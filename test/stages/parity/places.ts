/** Addresses of the rig. All of these networks are on the one host of the real servers. */
export const networks = { 4: "10.16.0.0/12", 6: "fd09::/16" } as const;
export const directorAddress = (number: number): string => `10.8.0.${number}`;
export const directorAddress6 = (number: number): string => `fd08::${number}`;
/** Asked last in each round, and counts them. */
export const counter = "10.31.255.254";

/** `SORRYALL` in a group's globals. */
export const sorryForAll = "10.31.255.253";

/** `SORRYALL6`. */
export const sorryForAll6 = "fd09::ffff:1";

/** `SMTPHOST` in a group's globals. */
export const mailServer = "10.31.255.252";

/** Of one case: unique among all cases that run at the same time. */
export interface Places {
  readonly number: number;
  resolve(text: string): string;
  /** Of `RS1`, `RS1:81`, `[RS1v6]:80`. */
  endpoint(text: string): readonly [address: string, port: number];
  /** Lines for /etc/hosts. */
  readonly hosts: string;
}

const SERVERS = 7;

/** @param number 0…3999 */
export function placesOf(number: number): Places {
  const high = number >> 8;
  const low = number & 255;
  const four = (host: number): string => `10.${16 + high}.${low}.${host}`;
  const six = (host: number): string => `fd09::${(number + 1).toString(16)}:${host}`;
  const words: Record<string, string> = {
    VIP: `10.7.${high}.${low}`,
    VIP2: `10.6.${high}.${low}`,
    VIP6: `fd07::${(number + 1).toString(16)}`,
    MARK2: String(number + 5001),
    MARK: String(number + 1001),
    SORRY: four(9),
    SORRYv6: six(9),
    BLACK: `10.8.0.${200 + (number % 50)}`,
  };
  const hosts = [`${words["VIP"]} vip-${number}.example`];
  words["VIPNAME"] = `vip-${number}.example`;
  for (let i = 1; i <= SERVERS; i += 1) {
    words[`RS${i}`] = four(i);
    words[`RS${i}v6`] = six(i);
    words[`NAME${i}`] = `rs${i}-${number}.example`;
    words[`SHORT${i}`] = `rs${i}-${number}`;
    hosts.push(`${four(i)} rs${i}-${number}.example rs${i}-${number}`);
  }
  const resolve = (text: string): string =>
    text.replace(
      /\b(VIP2|VIP6|VIPNAME|VIP|MARK2|MARK|SORRYv6|SORRY|BLACK|RS\dv6|RS\d|NAME\d|SHORT\d)\b/g,
      (word) => words[word] ?? word,
    );
  return {
    number,
    resolve,
    endpoint: (text) => {
      const resolved = resolve(text);
      const [, bracketed, bare, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(resolved) ?? [];
      return [bracketed ?? bare ?? resolved, Number(port ?? 80)];
    },
    hosts: `${hosts.join("\n")}\n`,
  };
}

/** Puts the names back, so that what is printed reads as the case does. */
export function nameIn(places: Places, text: string): string {
  const { number } = places;
  const high = number >> 8;
  const low = number & 255;
  const server = (host: string): string => (host === "9" ? "SORRY" : `RS${host}`);
  return text
    .replaceAll(new RegExp(`\\b10\\.${16 + high}\\.${low}\\.(\\d)\\b`, "g"), (_all, host) =>
      server(host),
    )
    .replaceAll(
      new RegExp(`fd09::${(number + 1).toString(16)}:(\\d)\\b`, "g"),
      (_all, host) => `${server(host)}v6`,
    )
    .replaceAll(new RegExp(`fd07::${(number + 1).toString(16)}(?![\\da-f:])`, "g"), "VIP6")
    .replaceAll(new RegExp(`\\b10\\.7\\.${high}\\.${low}\\b`, "g"), "VIP")
    .replaceAll(new RegExp(`\\b10\\.6\\.${high}\\.${low}\\b`, "g"), "VIP2");
}
