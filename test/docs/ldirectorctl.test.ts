/** ldirectorctl(8) and the program say the same. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runCtl } from "../../src/ctl/program.ts";
import { heardTerminal } from "../support/fakes/heard-terminal.ts";

const manual = readFileSync(new URL("../../docs/ldirectorctl.8.md", import.meta.url), "utf8");
/** What stands below a `# HEADING`. */
const chapter = (name: string): string =>
  new RegExp(`^# ${name}\n(.*?)(?=^# |$(?![^]))`, "ms").exec(manual)?.[1] ?? "";
const items = (text: string): string[] =>
  [...text.matchAll(/^### (.*)$/gm)].map(([, it = ""]) => it);

async function helpOf(...args: readonly string[]): Promise<string> {
  const { terminal, heard } = heardTerminal();
  expect(await runCtl([...args, "--help"], { ...terminal, columns: 400, hasColour: false })).toBe(
    0,
  );
  return heard.out;
}
const commandsIn = (help: string): string[] =>
  [...(help.split("\nCommands:\n")[1] ?? "").matchAll(/^ {2}(\w+)/gm)].flatMap(([, name = ""]) =>
    name === "help" ? [] : [name],
  );
const optionsIn = (help: string): string[] =>
  [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, name = ""]) => name);

test("every command is there, with its options", async () => {
  const commands = commandsIn(await helpOf());
  expect(commands.length).toBeGreaterThan(0);
  const told = items(chapter("COMMANDS"));
  expect(told.map((it) => it.split(" ")[0])).toEqual(commands);
  for (const [i, command] of commands.entries()) {
    const options = optionsIn(await helpOf(command)).filter((name) => name !== "--help");
    for (const option of options) expect(told[i]).toContain(option);
  }
});

test("every option of all commands is there", async () => {
  const told = items(chapter("OPTIONS")).join("\n");
  for (const option of optionsIn(await helpOf())) expect(told).toContain(option);
});

test("every exit code that a help names is there", async () => {
  const told = items(chapter("EXIT STATUS"));
  for (const command of commandsIn(await helpOf())) {
    const [, line = ""] = /^Exit: (.*)$/m.exec(await helpOf(command)) ?? [];
    const codes = [...line.matchAll(/\b\d+\b/g)].map(([code]) => code);
    expect(codes.length).toBeGreaterThan(0);
    for (const code of codes) expect(told).toContain(code);
  }
});
