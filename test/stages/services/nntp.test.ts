import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { freePort } from "./lib/free-port.ts";
import { record } from "./lib/matrix.ts";
import { whilePaused } from "./lib/paused.ts";
import { probe } from "./lib/probe.ts";
import { type RealServer, startRealServer, userIds } from "./lib/real-server.ts";
import { goneServer, silentServer } from "./lib/silent-server.ts";
import { unpacked } from "./lib/unpacked.ts";

/** INN's programs, where its own user may read them. */
const folder = mkdtempSync(join(tmpdir(), "inn-"));
afterAll(() => rmSync(folder, { recursive: true }));
chmodSync(folder, 0o755);
const owner = userIds("news");
cpSync(join(unpacked("inn2"), "usr/lib/news"), join(folder, "programs"), {
  recursive: true,
  verbatimSymlinks: true,
});
// Theirs is for ports below 1024, for root's and the news group's eyes only. Ours needs no more rights than a test has.
chmodSync(join(folder, "programs/bin/innbind"), 0o755);

interface News {
  /** A line of readers.conf; the word after "access:" decides on the greeting. */
  readonly readers: string;
  readonly args?: readonly string[];
  readonly address?: string;
}

/** INN's server for readers, nnrpd, with a news folder of its own that has one empty group. */
async function startNews({ readers, args = [], address = "127.0.0.1" }: News) {
  const news = mkdtempSync(join(folder, "news-"));
  const files: Readonly<Record<string, string>> = {
    "etc/inn.conf": `organization: test
ovmethod: tradindexed
hismethod: hisv6
enableoverview: true
pathhost: news.example
domain: example
fromhost: news.example
nnrpdposthost: 127.0.0.1
nnrpdloadlimit: 0
mta: "/bin/true %s"
runasuser: news
runasgroup: news
pathnews: ${folder}/programs
pathetc: ${news}/etc
pathdb: ${news}/db
pathrun: ${news}/run
pathlog: ${news}/log
pathspool: ${news}/spool
pathtmp: ${news}/tmp
`,
    "etc/readers.conf": readers,
    "etc/storage.conf": "method trash {\n  newsgroups: *\n  class: 0\n}\n",
    "db/active": "local.test 0000000000 0000000001 y\n",
    "db/newsgroups": "",
    "db/history": "",
    "spool/overview/group.index": "",
    "run/keep": "",
    "log/keep": "",
    "tmp/keep": "",
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(news, name)), { recursive: true });
    writeFileSync(join(news, name), text);
  }
  for (const place of [news, join(news, "run"), join(news, "tmp")])
    chownSync(place, owner.uid, owner.gid);
  const port = await freePort();
  const server: RealServer = await startRealServer({
    command: join(folder, "programs/bin/nnrpd"),
    // -n: it looks up no names, which only an outside name server would know.
    args: ["-D", "-n", "-f", address === "::1" ? "-6" : "-4", address, "-p", String(port), ...args],
    env: { INNCONF: join(news, "etc/inn.conf"), LD_LIBRARY_PATH: join(folder, "programs") },
    ...owner,
    ready: { port, host: address },
  });
  return { server, target: { address, port }, [Symbol.asyncDispose]: server.stop };
}

const everybody = (access: string): string => `auth "all" {
  hosts: "127.0.0.1, ::1"
  default: "<all>"
}
access "all" {
  users: "<all>"
  newsgroups: "*"
  access: ${access}
}
`;

describe("nntp, against inn2", () => {
  const row = "nntp (inn2)";

  test.for(["127.0.0.1", "::1"])("200, posting allowed, on %s", async (address) => {
    await using news = await startNews({ readers: everybody("RPA"), address });
    const said = await probe("nntp", {}, news.target);
    expect(record(row, "right answer", said)).toMatchObject({
      up: true,
      detail: expect.stringMatching(/^200 news\.example .* \(posting ok\)$/),
    });
  });

  test("201, reading only", async () => {
    await using news = await startNews({ readers: everybody("RA") });
    const said = await probe("nntp", {}, news.target);
    expect(record(row, "right answer", said)).toMatchObject({
      up: true,
      detail: expect.stringMatching(/^201 /),
    });
  });

  test("400, out of service", async () => {
    await using news = await startNews({
      readers: everybody("RPA"),
      args: ["-r", "Down for maintenance"],
    });
    const said = await probe("nntp", {}, news.target);
    expect(record(row, "wrong answer", said)).toEqual({
      up: false,
      reason: "status",
      detail: "400 Down for maintenance",
    });
  });

  test("502, not for us", async () => {
    await using news = await startNews({
      readers: everybody("RPA").replace("127.0.0.1, ::1", "192.0.2.1"),
    });
    const said = await probe("nntp", {}, news.target);
    expect(record(row, "wrong answer", said)).toMatchObject({
      up: false,
      reason: "status",
      detail: expect.stringMatching(/^502 /),
    });
  });

  test("silent", async () => {
    await using news = await startNews({ readers: everybody("RPA") });
    await using server = await silentServer();
    const patient = { negotiateTimeoutMs: 500 };
    for (const said of [
      await whilePaused(news.server, () => probe("nntp", patient, news.target)),
      await probe("nntp", patient, server.endpoint),
    ])
      expect(record(row, "silent", said)).toMatchObject({ reason: "timeout" });
  });

  test("gone", async () => {
    await using server = await goneServer();
    const said = await probe("nntp", {}, server.endpoint);
    expect(record(row, "gone", said)).toMatchObject({ reason: "refused" });
  });
});
