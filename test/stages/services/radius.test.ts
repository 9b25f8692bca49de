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

const row = "radius (freeradius)";
const longPassword = "a password of more than sixteen bytes";
let folder: Folder;
let server: RealServer;
let port: number;

beforeAll(async () => {
  const owner = mayChooseUser() ? userIds("freerad") : undefined;
  folder = makeFolder(owner);
  port = await freePort();
  folder.write("dictionary", "$INCLUDE /usr/share/freeradius/dictionary\n");
  const users = folder.write(
    "users",
    `monitor Cleartext-Password := "sesame"
  Reply-Message := "hello, monitor"
long Cleartext-Password := "${longPassword}"
barred Auth-Type := Reject
`,
  );
  folder.write(
    "radiusd.conf",
    `name = radiusd
libdir = /usr/lib/freeradius
logdir = ${folder.path}
run_dir = ${folder.path}
security {
  reject_delay = 0
}
client four {
  ipaddr = 127.0.0.1
  secret = shared
}
client six {
  ipv6addr = ::1
  secret = shared
}
modules {
  files {
    usersfile = ${users}
  }
  pap {
  }
}
server default {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${port}
  }
  listen {
    type = auth
    ipv6addr = ::1
    port = ${port}
  }
  authorize {
    files
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
  }
}
`,
  );
  server = await startRealServer({
    command: "/usr/sbin/freeradius",
    args: ["-X", "-d", folder.path, "-D", folder.path],
    ...owner,
    ready: { log: /Ready to process requests/ },
  });
});
afterAll(async () => {
  await server?.stop();
  folder?.[Symbol.dispose]();
});

const login = (changes: Partial<CheckSettings> = {}): Partial<CheckSettings> => ({
  protocol: "udp",
  login: "monitor",
  passwd: new Secret("sesame"),
  secret: new Secret("shared"),
  ...changes,
});

describe.for(["127.0.0.1", "::1"] as const)("radius, against freeradius on %s", (address) => {
  const at = () => ({ address, port });

  test("an accepted login is up", async () => {
    expect(record(row, "right answer", await probe("radius", login(), at()))).toEqual({
      up: true,
      detail: "Access-Accept: hello, monitor",
    });
    const long = login({ login: "long", passwd: new Secret(longPassword) });
    expect(await probe("radius", long, at())).toEqual({ up: true, detail: "Access-Accept" });
  });

  test("the server finds the Message-Authenticator right, and our address in the request", () => {
    expect(server.output()).toMatch(/Message-Authenticator = 0x[0-9a-f]{32}/);
    expect(server.output()).toContain(
      address === "::1" ? "NAS-IPv6-Address = ::1" : "NAS-IP-Address = 127.0.0.1",
    );
  });

  test.for<[what: string, changes: Partial<CheckSettings>]>([
    ["a wrong password", { passwd: new Secret("open") }],
    ["an empty password", { passwd: new Secret("") }],
    ["an unknown login", { login: "nobody" }],
    ["a login that is rejected", { login: "barred" }],
  ])("%s is down(auth)", async ([, changes]) => {
    const said = await probe("radius", login(changes), at());
    expect(record(row, "refused login", said)).toMatchObject({
      up: false,
      reason: "auth",
      detail: expect.stringMatching(/^Access-Reject/),
    });
  });

  test("a wrong secret is told as one", async () => {
    const wrong = login({ secret: new Secret("not shared"), checkTimeoutMs: 2000 });
    expect(record(row, "wrong answer", await probe("radius", wrong, at()))).toEqual({
      up: false,
      reason: "auth",
      detail: "the reply is not signed with our secret: compare secret= with the server's",
    });
  });

  test("no answer is a timeout, from a server that hangs and from none", async () => {
    const patient = login({ checkTimeoutMs: 300 });
    const hung = await whilePaused(server, () => probe("radius", patient, at()));
    await using quiet = await silentServer("udp", address);
    const none = await probe("radius", patient, quiet.endpoint);
    for (const said of [hung, none])
      expect(record(row, "silent", said)).toMatchObject({ up: false, reason: "timeout" });
  });

  test("nobody there is refused", async () => {
    const said = await probe("radius", login(), (await goneServer(address)).endpoint);
    expect(record(row, "gone", said)).toMatchObject({ up: false, reason: "refused" });
  });
});
