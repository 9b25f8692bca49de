import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckSettings } from "../../../checks/check.ts";
import { Secret } from "../../../src/model/secret.ts";
import { type Folder, makeFolder, mayChooseUser } from "./lib/folder.ts";
import { freePort } from "./lib/free-port.ts";
import { record } from "./lib/matrix.ts";
import { whilePaused } from "./lib/paused.ts";
import { probe } from "./lib/probe.ts";
import { type RealServer, startRealServer, userIds } from "./lib/real-server.ts";
import { goneServer, silentServer } from "./lib/silent-server.ts";
import { unpacked } from "./lib/unpacked.ts";

interface Ftp extends AsyncDisposable {
  readonly server: RealServer;
  readonly port: number;
  /** What stands before the files' names. */
  readonly root: string;
}

const content = "Today\nall is well\n";
const password = "sesame";

/** A public folder with the file, under a folder of the server's own. */
function makePublic(folder: Folder): string {
  const path = folder.make("public");
  folder.write("public/status.txt", content, 0o644);
  folder.write("public/two words.txt", content, 0o644);
  return path;
}

const started = (folder: Folder, port: number, root: string, server: RealServer): Ftp => ({
  server,
  port,
  root,
  async [Symbol.asyncDispose]() {
    await server.stop();
    folder[Symbol.dispose]();
  },
});

/**
 * Anonymous only. It changes its user and root by itself, so it wants to be started by root; and whoever
 * stands for `anonymous` must have a home.
 */
async function startVsftpd(more = ""): Promise<Ftp> {
  const folder = makeFolder();
  const port = await freePort();
  const config = folder.write(
    "vsftpd.conf",
    `listen=NO
listen_ipv6=YES
listen_port=${port}
background=NO
anonymous_enable=YES
local_enable=NO
ftp_username=daemon
nopriv_user=nobody
anon_root=${makePublic(folder)}
secure_chroot_dir=${folder.make("empty")}
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
${more}`,
  );
  const command = join(unpacked("vsftpd"), "usr/sbin/vsftpd");
  return started(
    folder,
    port,
    "",
    await startRealServer({ command, args: [config], ready: { port } }),
  );
}

/** What `id` calls a user, or ourselves. */
const name = (flags: readonly string[], uid?: number): string =>
  execFileSync("id", [...flags, ...(uid === undefined ? [] : [String(uid)])])
    .toString()
    .trim();

/** With logins of its own. The folder of the files is not its root, for only root may change that. */
async function startProftpd(): Promise<Ftp> {
  const owner = mayChooseUser() ? userIds("nobody") : undefined;
  const folder = makeFolder(owner);
  const port = await freePort();
  const root = makePublic(folder);
  const { uid, gid } = owner ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const hash = execFileSync("openssl", ["passwd", "-6", password]).toString().trim();
  const users = folder.write("passwd", `monitor:${hash}:${uid}:${gid}::${root}:/bin/false\n`);
  const config = folder.write(
    "proftpd.conf",
    `ServerType standalone
DefaultAddress 127.0.0.1 ::1
SocketBindTight on
UseIPv6 on
User ${name(["-un"], owner?.uid)}
Group ${name(["-gn"], owner?.uid)}
ControlsEngine off
Port ${port}
ScoreboardFile ${folder.at("scoreboard")}
PidFile ${folder.at("pid")}
DelayTable none
WtmpLog off
TransferLog none
AuthOrder mod_auth_file.c
AuthUserFile ${users}
RequireValidShell off
UseReverseDNS off
`,
  );
  return started(
    folder,
    port,
    root,
    await startRealServer({
      command: "/usr/sbin/proftpd",
      args: ["-n", "-c", config],
      ...owner,
      ready: { port },
    }),
  );
}

const anonymous = { login: "anonymous", passwd: new Secret("ldirectord@director") };
const monitor = { login: "monitor", passwd: new Secret(password) };

describe.for([
  ["vsftpd", () => startVsftpd(), anonymous],
  ["vsftpd, active only", () => startVsftpd("pasv_enable=NO\n"), anonymous],
  ["proftpd", startProftpd, monitor],
] as const)("ftp, against %s", ([program, begin, login]) => {
  const row = `ftp (${program})`;
  let ftp: Ftp;
  beforeAll(async () => {
    ftp = await begin();
  });
  afterAll(() => ftp?.[Symbol.asyncDispose]());

  describe.for(["127.0.0.1", "::1"] as const)("on %s", (address) => {
    const at = () => ({ address, port: ftp.port });
    const ask = (changes: Partial<CheckSettings>) => probe("ftp", { ...login, ...changes }, at());
    const file = () => ({ request: `${ftp.root}/status.txt` });

    test("a file with the text is up", async () => {
      const said = await ask({ ...file(), receive: "all is well" });
      expect(record(row, "right answer", said)).toEqual({
        up: true,
        detail: `${file().request}: 18 bytes`,
      });
      expect(await ask({ request: `${ftp.root}/two words.txt`, receive: "^Today" })).toMatchObject({
        up: true,
      });
    });

    test("a file without the text is a mismatch", async () => {
      const said = await ask({ ...file(), receive: "maintenance" });
      expect(record(row, "wrong answer", said)).toEqual({
        up: false,
        reason: "mismatch",
        detail: `receive "maintenance" is not in ${file().request} of 18 bytes: "Today all is well"`,
      });
    });

    test("a file that is not there is down(status), also without receive", async () => {
      for (const receive of [{ receive: "." }, {}]) {
        const said = await ask({ request: `${ftp.root}/missing.txt`, ...receive });
        expect(record(row, "wrong answer", said)).toMatchObject({
          up: false,
          reason: "status",
          detail: expect.stringMatching(/^550 /),
        });
      }
    });

    test("without receive the file must be there, without request the login is enough", async () => {
      expect(await ask(file())).toEqual({ up: true, detail: `${file().request}: 18 bytes` });
      expect(await ask({})).toMatchObject({ up: true, detail: expect.stringMatching(/^230/) });
    });

    test("a login that is refused is down(auth)", async () => {
      const said = await ask({ login: "intruder", passwd: new Secret("x"), ...file() });
      expect(record(row, "refused login", said)).toMatchObject({
        up: false,
        reason: "auth",
        detail: expect.stringMatching(/^530 /),
      });
    });

    test("no answer is a timeout, from a server that hangs and from none", async () => {
      const patient = { ...login, ...file(), negotiateTimeoutMs: 300 };
      await using quiet = await silentServer("tcp", address);
      for (const said of [
        await whilePaused(ftp.server, () => ask(patient)),
        await probe("ftp", patient, quiet.endpoint),
      ])
        expect(record(row, "silent", said)).toMatchObject({ up: false, reason: "timeout" });
    });

    test("nobody there is refused, whatever is asked", async () => {
      await using gone = await goneServer(address);
      for (const wanted of [{}, login, { ...login, ...file(), receive: "." }])
        expect(record(row, "gone", await probe("ftp", wanted, gone.endpoint))).toMatchObject({
          up: false,
          reason: "refused",
        });
    });
  });
});
