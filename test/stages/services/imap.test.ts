import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Secret } from "../../../src/model/secret.ts";
import { closes, lineServer } from "../../support/servers/line-server.ts";
import { dovecotsOf, startDovecot } from "./lib/dovecot.ts";
import { freePort } from "./lib/free-port.ts";
import { probe } from "./lib/probe.ts";
import { startRealServer, userIds } from "./lib/real-server.ts";

const odd = { login: "odd one", passwd: 'pa\\ss "wörd"' };
const { certificates, dovecot } = dovecotsOf({
  users: [`${odd.login}:{PLAIN}${odd.passwd}`],
  // Else blanks are not allowed in a name.
  more: "auth_username_chars =",
});
const login = { login: "monitor", passwd: new Secret("hunter2") };

test.for(["imap", "imaps"] as const)(
  "%s: blanks, quotes, backslashes and umlauts arrive as they are",
  async (service) => {
    const target = { address: "127.0.0.1", port: dovecot()[service] };
    const settings = { login: odd.login, passwd: new Secret(odd.passwd) };
    const loggedIn = { up: true, detail: "OK Logged in" };
    expect(await probe(service, settings, target)).toEqual(loggedIn);
  },
);

test("imap: a greeting BYE, scripted, for dovecot greets first and closes then", async () => {
  await using server = await lineServer(closes("* BYE Server shutting down."));
  expect(await probe("imap", login, server.endpoint)).toEqual({
    up: false,
    reason: "status",
    detail: "* BYE Server shutting down.",
  });
});

test("imap: a database of users that fails is the server's trouble, not the login's", async () => {
  await using broken = await startDovecot(certificates, {
    users: ["monitor:{NONSENSE}hunter2"],
    more: "passdb {\n driver = checkpassword\n args = /nonexistent\n}",
  });
  const said = await probe("imap", login, { address: "127.0.0.1", port: broken.imap });
  expect(said).toMatchObject({ reason: "status" });
  expect(said.detail).toMatch(/^LOGIN: NO \[UNAVAILABLE\]/);
});

test("imap: PREAUTH, as dovecot's own imap program greets", async () => {
  const port = await freePort();
  const file = join(dovecot().folder, "preauth.conf");
  writeFileSync(
    file,
    `log_path = /dev/stderr\nbase_dir = ${dovecot().folder}/preauth\nmail_location = maildir:${dovecot().folder}/mail\nssl = no\n`,
  );
  await using _server = await startRealServer({
    command: "socat",
    args: [
      `TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr`,
      `EXEC:/usr/lib/dovecot/imap -c ${file}`,
    ],
    env: { USER: "nobody", HOME: join(dovecot().folder, "mail") },
    ...userIds("nobody"),
    ready: { port },
  });
  const said = await probe("imap", login, { address: "127.0.0.1", port });
  expect(said).toEqual({ up: true, detail: "* PREAUTH Logged in as nobody" });
});
