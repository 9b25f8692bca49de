// What bash, zsh and fish complete for ldirectorctl, made from its own command line. With --check nothing is written:
// ends with 1 when one is not as it would be made.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const top = join(import.meta.dirname, "..");
const program = await load();
const commands = program.commands.map((command) => ({
  name: command.name(),
  about: command
    .description()
    .split(/[:;,.(]/)[0]
    .trim(),
  options: [...command.options, help()].map(optionOf),
  /** Of a configuration file, or of another. */
  takesFile: command.registeredArguments.some((each) => /file|script|conf/.test(each.name())),
  words: wordsOf(command),
}));
const shared = [...program.options, help()].map(optionOf);

const made = {
  "ldirectorctl.bash-completion": bash(),
  "ldirectorctl.zsh-completion": zsh(),
  "ldirectorctl.fish-completion": fish(),
};
for (const [name, text] of Object.entries(made)) {
  const path = join(top, "packaging", "files", name);
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  if (process.argv.includes("--check")) {
    console.error(`packaging/files/${name} is not as made: node packaging/completions.mjs`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
  }
}

function help() {
  return { short: "-h", long: "--help", description: "what it takes" };
}

function optionOf({ short, long, description, required, optional }) {
  return { short, long, about: description, takesValue: Boolean(required || optional) };
}

/** What stands in the place of an argument, where it is one of a few words. */
function wordsOf(command) {
  if (command.name() === "maintenance") return ["on", "off"];
  return command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
}

function bash() {
  const cases = commands.map(({ name, options, words, takesFile }) => {
    const all = [...options.flatMap(names), ...words].join(" ");
    return `    ${name}) words="${all}"${takesFile ? " files=1" : ""} ;;\n`;
  });
  return `# bash completion for ldirectorctl(8): made by packaging/completions.mjs
_ldirectorctl() {
  local cur=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} words="" files="" command="" i
  if [[ $before == -c || $before == --config || $before == --out ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    return
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      -c | --config) i=$((i + 1)) ;;
      -*) ;;
      *) command=\${COMP_WORDS[i]}; break ;;
    esac
  done
  case $command in
    "") words="${[...commands.map(({ name }) => name), ...shared.flatMap(names)].join(" ")}" ;;
${cases.join("")}  esac
  mapfile -t COMPREPLY < <(
    compgen -W "$words" -- "$cur"
    [[ $files && $cur != -* ]] && compgen -f -- "$cur"
  )
}
complete -o filenames -F _ldirectorctl ldirectorctl
`;
}

function names({ short, long }) {
  return [short, long].filter(Boolean);
}

function zsh() {
  const quote = (text) => text.replace(/'/g, "'\\''").replace(/[[\]:]/g, "\\$&");
  const spec = ({ short, long, about, takesValue }) => {
    const value = takesValue ? `:value:${/file|folder/.test(about) ? "_files" : ""}` : "";
    const tail = `'[${quote(about)}]${value}'`;
    return short
      ? `'(${short} ${long})'{${short},${long}}${tail}`
      : `'${long}[${quote(about)}]${value}'`;
  };
  const cases = commands.map(({ name, options, takesFile, words }) => {
    const rest = takesFile ? "'*:file:_files'" : `'*:what:(${words.join(" ")})'`;
    return `        ${name}) _arguments ${[...options.map(spec), rest].join(" ")} ;;\n`;
  });
  return `#compdef ldirectorctl
# zsh completion for ldirectorctl(8): made by packaging/completions.mjs
_ldirectorctl() {
  local line state
  _arguments -C ${shared.map(spec).join(" ")} '1:command:->command' '*::argument:->argument'
  case $state in
    command)
      local -a commands=(
${commands.map(({ name, about }) => `        '${name}:${quote(about)}'\n`).join("")}      )
      _describe command commands
      ;;
    argument)
      case $line[1] in
${cases.join("")}      esac
      ;;
  esac
}
_ldirectorctl "$@"
`;
}

function fish() {
  const quote = (text) => text.replace(/\\/g, "\\\\").replace(/'/g, "\\'");
  const flags = ({ short, long, about, takesValue }) =>
    `${short ? `-s ${short.slice(1)} ` : ""}-l ${long.slice(2)}${takesValue ? " -r" : ""} -d '${quote(about)}'`;
  const within = (name) => `-n '__fish_seen_subcommand_from ${name}'`;
  const lines = [
    "# fish completion for ldirectorctl(8): made by packaging/completions.mjs",
    "complete -c ldirectorctl -f",
    ...shared.map((option) => `complete -c ldirectorctl -n __fish_use_subcommand ${flags(option)}`),
    ...commands.flatMap(({ name, about, options, words, takesFile }) => [
      `complete -c ldirectorctl -n __fish_use_subcommand -a ${name} -d '${quote(about)}'`,
      ...options.map((option) => `complete -c ldirectorctl ${within(name)} ${flags(option)}`),
      ...(words.length > 0
        ? [`complete -c ldirectorctl ${within(name)} -a '${words.join(" ")}'`]
        : []),
      ...(takesFile ? [`complete -c ldirectorctl ${within(name)} -F`] : []),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

/** Node.js 20 reads no TypeScript. */
async function load() {
  const { dependencies } = JSON.parse(readFileSync(join(top, "package.json"), "utf8"));
  const { outputFiles } = await build({
    stdin: {
      contents: 'export { ctlProgram } from "./program.ts";',
      resolveDir: join(top, "src", "ctl"),
    },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    external: Object.keys(dependencies),
    outfile: join(top, ".cache", "completions.mjs"),
  });
  const file = join(top, "src", "ctl", `.completions-${process.pid}.mjs`);
  // Beside the sources: what it reads (the version) is found from there, and its packages.
  writeFileSync(file, outputFiles[0].text);
  try {
    const { ctlProgram } = await import(file);
    return ctlProgram({ out: () => {}, err: () => {}, columns: 80, hasColour: false }, () => {});
  } finally {
    const { rmSync } = await import("node:fs");
    rmSync(file);
  }
}
