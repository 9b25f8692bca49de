import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import {
  type Certificates,
  makeCertificates,
  trust,
} from "../../../support/servers/certificates.ts";
import { freePort } from "./free-port.ts";
import { type RealServer, startRealServer, userIds } from "./real-server.ts";

export interface Dovecot extends AsyncDisposable {
  readonly server: RealServer;
  readonly folder: string;
  readonly imap: number;
  readonly imaps: number;
  readonly pop: number;
  readonly pops: number;
}

/** Its TLS ports have another certificate on each of these. */
export const expiredAt = "127.0.0.2";
export const selfSignedAt = "127.0.0.3";
/** Has the good certificate only for who asks for this name. */
export const byNameAt = "127.0.0.4";
export const mailName = "mail.example";

export interface DovecotOptions {
  /** `plain` lets everybody in with a password in the clear. */
  readonly mechanisms?: string;
  /** A line of the password file: `user:{SCHEME}password`. */
  readonly users: readonly string[];
  /** More lines of its configuration. */
  readonly more?: string;
}

/** Dovecot with IMAP and POP3, in the clear and in TLS, on 127.0.0.1 to .4 and ::1. */
export async function startDovecot(
  certificates: Certificates,
  { mechanisms = "plain", users, more = "" }: DovecotOptions,
): Promise<Dovecot> {
  const folder = mkdtempSync(join(tmpdir(), "dovecot-"));
  chmodSync(folder, 0o755);
  const owner = userIds("nobody");
  mkdirSync(join(folder, "mail"));
  chownSync(join(folder, "mail"), owner.uid, owner.gid);
  writeFileSync(join(folder, "users"), `${users.join("\n")}\n`);
  const [imap, imaps, pop, pops] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const { good, expired, selfSigned } = certificates;
  const pair = ({ certFile, keyFile }: typeof good): string =>
    `ssl_cert = <${certFile}\n  ssl_key = <${keyFile}`;
  const file = join(folder, "dovecot.conf");
  writeFileSync(
    file,
    `base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = /dev/stderr
protocols = imap pop3
listen = 127.0.0.1, ${expiredAt}, ${selfSignedAt}, ${byNameAt}, ::1
ssl = yes
${pair(good)}
local ${expiredAt} {
  ${pair(expired)}
}
local ${selfSignedAt} {
  ${pair(selfSigned)}
}
local ${byNameAt} {
  ${pair(selfSigned)}
  local_name ${mailName} {
    ${pair(good)}
  }
}
auth_mechanisms = ${mechanisms}
auth_failure_delay = 0
# Else it answers who failed before later and later.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
mail_location = maildir:~/Maildir
first_valid_uid = 1
first_valid_gid = 1
passdb {
  driver = passwd-file
  args = ${folder}/users
}
userdb {
  driver = static
  args = uid=${owner.uid} gid=${owner.gid} home=${folder}/mail/%u
}
service imap-login {
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = ${imaps}
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    port = ${pop}
  }
  inet_listener pop3s {
    port = ${pops}
    ssl = yes
  }
}
${more}
`,
  );
  const server = await startRealServer({
    command: "dovecot",
    args: ["-F", "-c", file],
    ready: { port: imap, log: /starting up/ },
  });
  return {
    ...{ server, folder, imap, imaps, pop, pops },
    async [Symbol.asyncDispose]() {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** For all tests of a file: certificates that are trusted, and dovecots that have them. */
export function dovecotsOf(...wanted: readonly DovecotOptions[]) {
  const certificates = makeCertificates(mailName);
  const started: Dovecot[] = [];
  beforeAll(async () => {
    for (const options of wanted) started.push(await startDovecot(certificates, options));
    return trust(certificates.caFile);
  });
  afterAll(async () => {
    for (const dovecot of started) await dovecot[Symbol.asyncDispose]();
    certificates[Symbol.dispose]();
  });
  const dovecot = (number = 0): Dovecot => {
    const it = started[number];
    if (it === undefined) throw new Error("before the tests there is no dovecot");
    return it;
  };
  return { certificates, dovecot };
}
