import { event } from "./event.ts";
import { count, word } from "./fields.ts";

export const daemonEvents = {
  "daemon-invoked": event({
    id: "46add4eea0bb13d5577a34545eb4be80",
    severity: "info",
    fields: { commandLine: word },
    text: (f) => `Invoking ldirectord invoked as: ${f.commandLine} `,
    subject: "ldirectord was called",
    meaning: "A command (start, stop, reload, …) was given to ldirectord: @COMMAND_LINE@",
    remedy: `Nothing to do. It tells who did what when several people or a cluster manager drive the same
      daemon.`,
  }),
  "daemon-started": event({
    id: "8cb9f306b3e445ecbe020d85b6213a2d",
    severity: "info",
    fields: { version: word },
    text: (f) => `Starting Linux Director ${f.version} as daemon`,
    subject: "ldirectord started",
    meaning: `The daemon has begun its work as a service of its own. It takes the IPVS table over as it
      finds it: a real server with a weight counts as up until its first check.`,
    remedy: `Nothing to do. More than one of these in a short time means that the daemon dies: look for
      "Internal error" before each.`,
  }),
  "daemon-started-foreground": event({
    id: "d865d8e66bd2fe5dc5c1fdb2104841dc",
    severity: "info",
    fields: { version: word, pid: count },
    text: (f) => `Starting Linux Director ${f.version} with pid: ${f.pid}`,
    subject: "ldirectord started in the foreground",
    meaning: `The daemon has begun its work with process id @PID@, with -d or supervised=yes: it leaves no
      pid file, so \`ldirectord stop\` does not find it.`,
    remedy: "Nothing to do.",
  }),
  "daemon-terminated": event({
    id: "ae9fd27cc4525180add69d77ed391085",
    severity: "info",
    fields: { signal: word },
    text: (f) => `Linux Director Daemon terminated on signal: ${f.signal}`,
    subject: "ldirectord ended in order",
    meaning: `Signal @SIGNAL@ ended the daemon. Virtual services with cleanstop=yes (the default) are out
      of the IPVS table, and their traffic with them; those with cleanstop=no stay as they were.`,
    remedy: `If nobody meant to stop it, look who sent the signal: \`journalctl _PID=1\`, the cluster
      manager, the package manager.`,
  }),
  "daemon-exiting": event({
    id: "0e0955e0ad85e2d818d41d1309f4a18b",
    severity: "error",
    fields: { exitStatus: count, cause: word },
    text: (f) => `Exiting with exit_status ${f.exitStatus}: ${f.cause}`,
    subject: "ldirectord ends with an error",
    meaning: "The command, or the daemon, ends with exit status @EXIT_STATUS@: @CAUSE@",
    remedy: `The lines before this one say what was wrong. 1: nothing to work with (file, pid file,
      table). 2: a mistake in the configuration. 255: a mistake in the program; the IPVS table is
      left as it is.`,
  }),
  "daemon-running": event({
    id: "102417664fde6ed6ef6aa7ea55031b6d",
    severity: "info",
    fields: { path: word, pid: count },
    text: (f) => `ldirectord for ${f.path} is running with pid: ${f.pid}`,
    subject: "ldirectord is running",
    meaning: "The daemon for @PATH@ runs as process @PID@.",
    remedy: "Nothing to do.",
  }),
  "daemon-stopped": event({
    id: "10bad6a076b84940aa9a2fe476e8c36b",
    severity: "info",
    fields: { path: word },
    text: (f) => `ldirectord is stopped for ${f.path}`,
    subject: "ldirectord is not running",
    meaning: "A command for the daemon of @PATH@ found none.",
    remedy: `If it should run: \`systemctl start ldirectord\`, or look for the reason of its end further
      up.`,
  }),
  "daemon-stale-pid": event({
    id: "4b4798478cdc4f6024cdacf489ed669f",
    severity: "info",
    fields: { pidFile: word, path: word },
    text: (f) => `ldirectord stale pid file ${f.pidFile} for ${f.path}`,
    subject: "The pid file names no living ldirectord",
    meaning: `@PID_FILE@ was left behind: the daemon for @PATH@ was killed, or died, without cleaning up.
      The IPVS table is as it was then: traffic flows, but nobody checks the real servers.`,
    remedy: `Start it again; it adopts the table. Then look why it died: \`journalctl -u ldirectord\`,
      \`coredumpctl\`, \`dmesg\` (out of memory).`,
  }),
  "daemon-pid-file-failed": event({
    id: "27bc3f4a501e952a0adc01eda2c22b75",
    severity: "error",
    fields: { pidFile: word },
    text: (f) => `Can not open ${f.pidFile}`,
    subject: "The pid file cannot be written",
    meaning: `@PID_FILE@ cannot be created, so the daemon does not start: no later command would find it.`,
    remedy: `Make its folder (or set rundir in ldirectord-ng.ini), free some space, or run as root.`,
  }),
  "status-done": event({
    id: "cc2a589871e760ffcfbe319519b985c2",
    severity: "info",
    fields: {},
    text: () => "Exiting from ldirectord status",
    subject: "A status command has ended",
    meaning: "`ldirectord status` was answered.",
    remedy: "Nothing to do.",
  }),
  "stop-unfinished": event({
    id: "6a2eec6cc218d483158fe2714bb99845",
    severity: "error",
    fields: { pid: count, seconds: count },
    text: (f) => `ldirectord with pid ${f.pid} has not ended within ${f.seconds} s`,
    subject: "ldirectord did not end in time",
    meaning: `The daemon with process id @PID@ was told to stop, and still runs after @SECONDS@ seconds.
      Usually a program that the configuration asked for, or a mail, does not end.`,
    remedy: `Wait, or kill it: \`kill -KILL @PID@\`. The IPVS table then stays as it is, until the next
      start.`,
  }),
  "signal-ignored": event({
    id: "a9fb7281c51f8d8d460971190e2120f1",
    severity: "notice",
    fields: { signal: word },
    text: (f) => `Signal ${f.signal} has no meaning here: ignored`,
    subject: "A signal without a meaning",
    meaning: "@SIGNAL@ was sent to the daemon, which does nothing with it.",
    remedy: "Use HUP to reload, TERM to stop.",
  }),
  "internal-error": event({
    id: "b4144509dac1a2cb16be270a650a4afe",
    severity: "error",
    fields: { stack: word },
    text: (f) => `Internal error: ${f.stack}`,
    subject: "A mistake in ldirectord",
    meaning: "Something happened in the program that should not be possible: @STACK@",
    remedy: `Please report it, with this entry. When it came from one check, only that check is without a
      verdict; else the daemon ends, the table stays, and systemd starts it again.`,
  }),
};
