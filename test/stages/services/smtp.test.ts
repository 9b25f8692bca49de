import { rmSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeCertificates } from "../../support/servers/certificates.ts";
import { freePort } from "./lib/free-port.ts";
import { record } from "./lib/matrix.ts";
import { whilePaused } from "./lib/paused.ts";
import { postfixFolder, startPostfixIn } from "./lib/postfix.ts";
import { probe } from "./lib/probe.ts";
import type { RealServer } from "./lib/real-server.ts";
import { goneServer, silentServer } from "./lib/silent-server.ts";

/** What is behind each of its ports, as options of its smtpd. */
const smtpds = {
  open: "",
  mustEncrypt: "-o smtpd_tls_security_level=encrypt",
  rejecting: "-o smtpd_client_restrictions=reject",
  busy: "-o {smtpd_client_restrictions=check_client_access static:{421 4.3.2 come back later}}",
  slow: "-o {smtpd_client_restrictions=sleep 1}",
  noEhlo: "-o smtpd_discard_ehlo_keywords=all -o {smtpd_helo_restrictions=reject}",
  crowded: "-o smtpd_client_connection_count_limit=1 -o smtpd_client_event_limit_exceptions=",
} as const;
type Kind = keyof typeof smtpds | "screened";

interface Postfix extends AsyncDisposable {
  readonly server: RealServer;
  readonly ports: Readonly<Record<Kind, number>>;
}

/** Postfix on 127.0.0.1 and ::1, which takes mail for nobody. */
async function startPostfix(): Promise<Postfix> {
  const folder = postfixFolder("postfix-");
  const certificates = makeCertificates("mail.example");
  const ports: Partial<Record<Kind, number>> = {};
  for (const kind of [...Object.keys(smtpds), "screened"] as Kind[]) ports[kind] = await freePort();
  const smtpdLines = (Object.keys(smtpds) as (keyof typeof smtpds)[]).flatMap((kind) =>
    ["127.0.0.1", "[::1]"].map(
      (host) => `${host}:${ports[kind]} inet n - n - - smtpd ${smtpds[kind]}`,
    ),
  );
  const server = await startPostfixIn(folder, {
    port: ports.screened ?? 0,
    main: `inet_protocols = all
mynetworks =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_delay_reject = no
smtpd_tls_security_level = may
smtpd_tls_cert_file = ${certificates.good.certFile}
smtpd_tls_key_file = ${certificates.good.keyFile}
postscreen_greet_wait = 1s`,
    master: `${smtpdLines.join("\n")}
127.0.0.1:${ports.screened} inet n - n - 1 postscreen
smtpd pass - - n - - smtpd
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd`,
  });
  return {
    server,
    ports: ports as Record<Kind, number>,
    async [Symbol.asyncDispose]() {
      await server.stop();
      certificates[Symbol.dispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

let postfix: Postfix;
beforeAll(async () => {
  postfix = await startPostfix();
});
afterAll(() => postfix?.[Symbol.asyncDispose]());

const at = (kind: Kind, address = "127.0.0.1") => ({ address, port: postfix.ports[kind] });
const greeting = "220 mail.example ESMTP Postfix";

describe.for(["smtp", "submission"] as const)("%s, against postfix", (service) => {
  const row = `${service} (postfix)`;

  test.for(["127.0.0.1", "::1"])(
    "a server with STARTTLS on offer is up, on %s",
    async (address) => {
      const said = await probe(service, {}, at("open", address));
      expect(record(row, "right answer", said)).toEqual({ up: true, detail: greeting });
    },
  );

  test("so is one that insists on it: EHLO comes before", async () => {
    expect(await probe(service, {}, at("mustEncrypt"))).toMatchObject({ up: true });
  });

  test("554 for a greeting", async () => {
    const said = await probe(service, {}, at("rejecting"));
    expect(record(row, "wrong answer", said)).toEqual({
      up: false,
      reason: "status",
      detail: "554 5.7.1 <unknown[127.0.0.1]>: Client host rejected: Access denied",
    });
  });

  test("421 for a greeting", async () => {
    const said = await probe(service, {}, at("busy"));
    expect(record(row, "wrong answer", said)).toEqual({
      up: false,
      reason: "status",
      detail: "421 4.3.2 <unknown[127.0.0.1]>: Client host rejected: come back later",
    });
  });

  test("EHLO and HELO refused", async () => {
    expect(await probe(service, {}, at("noEhlo"))).toMatchObject({ up: false, reason: "status" });
  });

  test("silent", async () => {
    await using server = await silentServer();
    const patient = { negotiateTimeoutMs: 500 };
    for (const said of [
      await whilePaused(postfix.server, () => probe(service, patient, at("open"))),
      await probe(service, patient, server.endpoint),
    ])
      expect(record(row, "silent", said)).toMatchObject({ reason: "timeout" });
  });

  test("gone", async () => {
    await using server = await goneServer();
    const said = await probe(service, {}, server.endpoint);
    expect(record(row, "gone", said)).toMatchObject({ reason: "refused" });
  });
});

test("one connection too many is down, until the other ends", async () => {
  const { port } = at("crowded");
  const other = connect(port, "127.0.0.1");
  await new Promise((resolve) => other.once("data", resolve));
  expect(await probe("smtp", {}, at("crowded"))).toMatchObject({
    up: false,
    reason: "status",
    detail: expect.stringMatching(/^421 4\.7\.0 .*too many connections/),
  });
  const isOver = new Promise((resolve) => other.once("close", resolve));
  other.resume().end("QUIT\r\n");
  await isOver;
  await expect.poll(() => probe("smtp", {}, at("crowded"))).toMatchObject({ up: true });
});

test("a greeting that comes late is in time for negotiatetimeout, or not", async () => {
  expect(await probe("smtp", { negotiateTimeoutMs: 4000 }, at("slow"))).toMatchObject({ up: true });
  expect(await probe("smtp", { negotiateTimeoutMs: 500 }, at("slow"))).toMatchObject({
    up: false,
    reason: "timeout",
  });
});

test("a teaser and the greeting a second later: nothing is said between them", async () => {
  // Who talks at once is turned away here, with 521 or 550.
  expect(await probe("smtp", {}, at("screened"))).toEqual({
    up: true,
    detail: "220-mail.example ESMTP Postfix",
  });
});
