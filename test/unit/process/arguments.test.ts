import { expect, test } from "vitest";
import { type Arguments, parseArguments } from "../../../src/process/arguments.ts";

const usage = (...complaints: string[]): Arguments => ({ kind: "usage", complaints });
const run = (command: string, config?: string, isDebug = false, words = [config, command]) => ({
  kind: "run",
  command,
  isDebug,
  ...(config !== undefined && { config }),
  words: words.filter((word) => word !== undefined),
  ignored: words.slice(2),
});
const commands = "start, stop, restart, try-restart, reload, force-reload, status";
const noCommand = (word: string, hint = `: commands are ${commands}`) =>
  usage(`Unknown command: ${word}${hint}`);
const optionsFirst = ": options come before the configuration and the command";

// Each row was run with the original.
test.for<[argv: string, parsed: unknown]>([
  ["", usage()],
  ["start", run("start")],
  ["web.cf start", run("start", "web.cf")],
  ["web.cf force-reload", run("force-reload", "web.cf")],
  ["web.cf try-restart", run("try-restart", "web.cf")],
  [
    "web.cf status extra more",
    run("status", "web.cf", false, ["web.cf", "status", "extra", "more"]),
  ],
  ["web.cf bogus", noCommand("bogus")],
  ["web.cf", noCommand("web.cf")],
  ["web.cf sttaus", noCommand("sttaus", '; did you mean "status"?')],
  ["START", noCommand("START", '; did you mean "start"?')],
  ["start -d", noCommand("-d", optionsFirst)],
  ["-d web.cf start", run("start", "web.cf", true)],
  ["-dd status", run("status", undefined, true)],
  ["--d status", run("status", undefined, true)],
  ["--DEBUG status", run("status", undefined, true)],
  ["-d -- -x status", run("status", "-x", true)],
  ["-- status", run("status")],
  ["-", noCommand("-", optionsFirst)],
  ["-x status", usage("Unknown option: x")],
  ["-dx status", usage("Unknown option: x")],
  ["-=3 status", usage("Unknown option: =", "Unknown option: 3")],
  ["--foo status", usage("Unknown option: foo")],
  ["--deb status", usage("Unknown option: deb")],
  ["--debug=3 status", usage("Option debug does not take an argument")],
  ["-v -x", usage("Unknown option: x")],
  ["-V", usage("Unknown option: V")],
  ["-h", { kind: "help" }],
  ["-?", { kind: "help" }],
  ["--help status", { kind: "help" }],
  ["-vh", { kind: "help" }],
  ["-v", { kind: "version" }],
  ["--version status", { kind: "version" }],
])("ldirectord %s", ([argv, parsed]) => {
  expect(parseArguments(argv === "" ? [] : argv.split(" "))).toEqual(parsed);
});
