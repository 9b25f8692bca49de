import { suggestion } from "../config/text/suggestion.ts";

type Command = "start" | "stop" | "restart" | "try-restart" | "reload" | "force-reload" | "status";

const commands: ReadonlySet<string> = new Set<Command>([
  "start",
  "stop",
  "restart",
  "try-restart",
  "reload",
  "force-reload",
  "status",
]);
const isCommand = (word: string): word is Command => commands.has(word);

export type Arguments =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  /** `complaints` go to standard error, the usage to standard output. */
  | { readonly kind: "usage"; readonly complaints: readonly string[] }
  | {
      readonly kind: "run";
      readonly command: Command;
      readonly isDebug: boolean;
      /** As given; undefined when only a command was. */
      readonly config?: string;
      /** What follows the options, the ignored words too: the log repeats it. */
      readonly words: readonly string[];
      /** What follows the command, and has no meaning there. */
      readonly ignored: readonly string[];
    };

const options: ReadonlyMap<string, "help" | "version" | "debug"> = new Map([
  ["h", "help"],
  ["?", "help"],
  ["help", "help"],
  ["v", "version"],
  ["version", "version"],
  ["d", "debug"],
  ["debug", "debug"],
]);

/**
 * `[options] [--] [configfile] COMMAND`. Options end at the first word that is none (so `start -d` is a
 * configuration `start` and a command `-d`), single letters may be bundled; long names are whole, in any case of letters.
 * @param argv without the interpreter and the program
 */
export function parseArguments(argv: readonly string[]): Arguments {
  const given = new Set<"help" | "version" | "debug">();
  const complaints: string[] = [];
  let next = 0;
  for (; next < argv.length; next++) {
    const word = argv[next] ?? "";
    if (word === "--") {
      next++;
      break;
    }
    if (word === "-" || !word.startsWith("-")) break;
    if (word.startsWith("--")) {
      const [name = "", value] = splitAtEquals(word.slice(2));
      const option = options.get(name.toLowerCase());
      if (option === undefined) complaints.push(`Unknown option: ${name}`);
      else if (value !== undefined) complaints.push(`Option ${name} does not take an argument`);
      else given.add(option);
      continue;
    }
    for (const letter of word.slice(1)) {
      const option = options.get(letter);
      if (option === undefined) complaints.push(`Unknown option: ${letter}`);
      else given.add(option);
    }
  }

  if (complaints.length > 0) return { kind: "usage", complaints };
  if (given.has("help")) return { kind: "help" };
  if (given.has("version")) return { kind: "version" };

  const words = argv.slice(next);
  const [first, second] = words;
  const command = second ?? first;
  if (command === undefined) return { kind: "usage", complaints };
  if (!isCommand(command)) return { kind: "usage", complaints: [noCommand(command)] };
  return {
    kind: "run",
    command,
    isDebug: given.has("debug"),
    ...(second !== undefined && { config: first }),
    words,
    ignored: words.slice(2),
  };
}

function noCommand(word: string): string {
  const hint = word.startsWith("-")
    ? ": options come before the configuration and the command"
    : suggestion(word, [...commands]) || `: commands are ${[...commands].join(", ")}`;
  return `Unknown command: ${word}${hint}`;
}

function splitAtEquals(text: string): [name: string, value?: string] {
  const at = text.indexOf("=");
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
