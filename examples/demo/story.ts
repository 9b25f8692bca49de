import { writeFileSync } from "node:fs";
import type { View } from "./watch.ts";
import type { WebServer } from "./web-servers.ts";

/** What the story may do, and say. */
export interface Stage {
  readonly servers: readonly [web1: WebServer, web2: WebServer, web3: WebServer];
  /** The configuration file. */
  readonly file: { readonly path: string; readonly text: string };
  readonly daemon: {
    pid(): number;
    start(): void;
    handOver(): Promise<void>;
    order(kind: "hoard" | "release"): void;
  };
  /** Settles when it is to be seen. */
  say(head: string, look: string): Promise<void>;
  /** From now on requests come, all the time. */
  letClientsIn(): Promise<void>;
  /** Requests are counted from now on. */
  count(since: string): void;
  /** Resolves with what is to be seen as soon as `holds` of it; what is said then is true in the first frame that shows it. */
  until(what: string, holds: (view: View) => boolean): Promise<void>;
  /** Time to look, and at least one frame. */
  dwell(seconds: number): Promise<void>;
}

const mistake = { right: "checkinterval=", wrong: "checkintervall=" };

const isServing = ({ states, rows }: View, name: string) =>
  states.get(name) === "up" && (rows.get(name) ?? 0) > 0;
const allServe = (view: View) => ["web1", "web2", "web3"].every((name) => isServing(view, name));

/** README's promises, one scene each, and then the server of last resort. Over and over, until a wait rejects. */
export async function tellStory(stage: Stage): Promise<never> {
  await stage.say(
    "A server enters the table after its first good check, never before.",
    "Look at the rows: each comes with the first check of its own server.",
  );
  await stage.until("all servers up", allServe);
  await stage.letClientsIn();
  for (;;) {
    await stage.say(
      "All three web servers answer, and serve.",
      "Look at the beats: a mark for each check, a check of each server a second.",
    );
    stage.count("all serve");
    await stage.dwell(5);
    await aDeadServer(stage);
    await aBrokenEdit(stage);
    await aRestart(stage);
    await ourOwnTrouble(stage);
    await theSorryServer(stage);
    await stage.say("That was all of it, and it begins again.", "Ctrl-C ends it and cleans up.");
    await stage.dwell(4);
  }
}

async function aDeadServer(stage: Stage): Promise<void> {
  const [, web2] = stage.servers;
  const head = "1/5  A dead server holds up nobody.";
  stage.count("web2 fell silent");
  await stage.say(
    head,
    "web2 takes connections and answers nothing. Look at the beats: its check waits, up to 2 s; those of the others go on.",
  );
  web2.fallSilent();
  await stage.until(
    "web2 out",
    ({ states, rows }) => states.get("web2") === "down" && !rows.get("web2"),
  );
  stage.count("web2 is out");
  await stage.say(
    head,
    "web2 is out: no row, and weight 0 where the file says quiescent=yes. Each check of it takes 2 s to fail; the others' beats go on.",
  );
  await stage.dwell(8);
  await stage.say(head, "web2 answers again: one good check, and it has its weight back.");
  await web2.start();
  await stage.until("web2 back", allServe);
  await stage.dwell(2);
}

async function aBrokenEdit(stage: Stage): Promise<void> {
  const { path, text } = stage.file;
  const head = "2/5  A broken edit changes nothing.";
  stage.count("the edit");
  await stage.say(
    head,
    `The file on disk now says ${mistake.wrong}1, and, as before, autoreload=yes: it is about to be read.`,
  );
  let mark = Date.now();
  writeFileSync(path, text.replace(mistake.right, mistake.wrong));
  await stage.until("the refusal", ({ log }) => hasSaid(log, "config-kept", mark));
  await stage.say(
    head,
    "Refused. Look at the log: it names the line, the column, and what was meant. The table is as it was, and requests go on.",
  );
  await stage.dwell(7);
  await stage.say(head, "The mistake is mended on disk: the file is about to be read again.");
  mark = Date.now();
  writeFileSync(path, text);
  await stage.until("the file read again", ({ log }) => hasSaid(log, "config-reread", mark));
  await stage.say(head, "The mistake is mended, and the file has been read again.");
  await stage.dwell(2);
}

async function aRestart(stage: Stage): Promise<void> {
  const { daemon } = stage;
  const head = "3/5  A restart of the daemon interrupts nobody.";
  const pid = daemon.pid();
  stage.count("right before the restart");
  await stage.say(
    head,
    `The daemon, process ${pid}, is about to be restarted. Look at the count of requests.`,
  );
  await stage.dwell(3);
  await daemon.handOver();
  await stage.say(
    head,
    `Process ${pid} is gone, and nobody checks: a · in the beats. The table stays as it was left, and requests are answered.`,
  );
  await stage.dwell(3);
  daemon.start();
  await stage.say(
    head,
    `A new daemon, process ${daemon.pid()}, starts, and goes on with the table that it finds.`,
  );
  await stage.until(
    "the new daemon's checks",
    (view) => allServe(view) && view.asked.size === stage.servers.length,
  );
  await stage.say(
    head,
    `Process ${daemon.pid()} has the table as it found it: it added nothing, and took nothing away. Look at the count of requests.`,
  );
  await stage.dwell(6);
}

async function ourOwnTrouble(stage: Stage): Promise<void> {
  const head = "4/5  Our own trouble is blamed on nobody.";
  stage.count("our trouble began");
  await stage.say(
    head,
    "The daemon has no file descriptor left: it can open no connection, and so it can ask nobody.",
  );
  const mark = Date.now();
  stage.daemon.order("hoard");
  await stage.until("the trouble told", ({ log }) => hasSaid(log, "local-fault", mark));
  await stage.say(
    head,
    "Look at the log: it says whose trouble it is. A check without verdict is a ? in the beats; every server stays, and requests go on.",
  );
  await stage.dwell(6);
  stage.daemon.order("release");
  await stage.say(head, "The daemon has descriptors again: its next checks have verdicts.");
  await stage.until("the end of the trouble", ({ log }) => hasSaid(log, "local-fault-over", mark));
  await stage.dwell(3);
}

async function theSorryServer(stage: Stage): Promise<void> {
  const { servers } = stage;
  const head = "5/5  Where nobody is left, the sorry server steps in.";
  stage.count("all stopped");
  await stage.say(head, "All web servers have been stopped: connections are refused.");
  await Promise.all(servers.map((server) => server.stop()));
  await stage.until("the sorry server", ({ states, rows }) => {
    const isOut = (name: string) => states.get(name) === "down" && !rows.get(name);
    return ["web1", "web2", "web3"].every(isOut) && (rows.get("the sorry server") ?? 0) > 0;
  });
  stage.count("the sorry server serves");
  await stage.say(
    head,
    "The sorry server answers for the first service. The second names none: its servers stay, with weight 0.",
  );
  await stage.dwell(6);
  stage.count("all were started");
  await stage.say(
    head,
    "All web servers have been started again: who has had a good check serves.",
  );
  await Promise.all(servers.map((server) => server.start()));
  await stage.until("all back", (view) => allServe(view) && !view.rows.has("the sorry server"));
  await stage.say(head, "All are back, and the sorry server is out again.");
  await stage.dwell(3);
}

const hasSaid = (log: View["log"], name: string, since: number): boolean =>
  log.some((said) => said.name === name && said.time >= since);
