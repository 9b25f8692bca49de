import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckSettings } from "../../../checks/check.ts";
import { type Folder, makeFolder, mayChooseUser } from "./lib/folder.ts";
import { freePort } from "./lib/free-port.ts";
import { record } from "./lib/matrix.ts";
import { whilePaused } from "./lib/paused.ts";
import { probe } from "./lib/probe.ts";
import { type RealServer, startRealServer, userIds } from "./lib/real-server.ts";
import { goneServer } from "./lib/silent-server.ts";

const row = "sip (kamailio)";
let folder: Folder;
let server: RealServer;
let port: number;

beforeAll(async () => {
  const owner = mayChooseUser() ? userIds("kamailio") : undefined;
  folder = makeFolder(owner);
  port = await freePort();
  const listen = ["udp:127.0.0.1", "tcp:127.0.0.1", "udp:[::1]", "tcp:[::1]"];
  const config = folder.write(
    "kamailio.cfg",
    `#!KAMAILIO
debug=2
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
${listen.map((address) => `listen=${address}:${port}`).join("\n")}
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "siputils.so"
request_route {
  xlog("L_NOTICE", "asked by $proto: $rm $ru from $fu\\n");
  if ($rU == "missing") { sl_send_reply("404", "Not Found"); exit; }
  if ($rU == "barred") { sl_send_reply("403", "Forbidden"); exit; }
  if ($rU == "full") { sl_send_reply("503", "Service Unavailable"); exit; }
  if ($rU == "slow") { sl_send_reply("100", "Trying"); }
  if ($rU == "quiet") { exit; }
  sl_send_reply("200", "OK");
}
`,
  );
  server = await startRealServer({
    command: "/usr/sbin/kamailio",
    args: ["-DD", "-E", "-f", config, "-Y", folder.path, "-w", folder.path, "-m", "32", "-M", "4"],
    ...owner,
    ready: { port },
  });
});
afterAll(async () => {
  await server?.stop();
  folder?.[Symbol.dispose]();
});

const ways = (["127.0.0.1", "::1"] as const).flatMap((address) =>
  (["udp", "tcp"] as const).map((protocol) => ({ address, protocol })),
);

describe.for(ways)("sip, against kamailio on $address by $protocol", ({ address, protocol }) => {
  const at = () => ({ address, port });
  const call = (login?: string): Partial<CheckSettings> => ({
    protocol,
    negotiateTimeoutMs: 2000,
    ...(login === undefined ? {} : { login }),
  });

  test("200 is up, also behind a 100", async () => {
    const said = await probe("sip", call("ldirectord@director"), at());
    expect(record(row, "right answer", said)).toEqual({ up: true, detail: "SIP/2.0 200 OK" });
    expect(await probe("sip", call("slow@director"), at())).toMatchObject({ up: true });
  });

  test("without a login the server is asked about itself", async () => {
    expect(await probe("sip", call(), at())).toMatchObject({ up: true });
    const host = address === "::1" ? "[::1]" : address;
    expect(server.output()).toContain(`asked by ${protocol}: OPTIONS sip:${host} from sip:${host}`);
  });

  test.for([
    ["missing@director", "SIP/2.0 404 Not Found"],
    ["full@director", "SIP/2.0 503 Service Unavailable"],
  ] as const)("%s is down: %s", async ([login, detail]) => {
    const said = await probe("sip", call(login), at());
    expect(record(row, "wrong answer", said)).toEqual({ up: false, reason: "status", detail });
  });

  test("a login that is not welcome is down", async () => {
    const said = await probe("sip", call("barred@director"), at());
    expect(record(row, "refused login", said)).toEqual({
      up: false,
      reason: "status",
      detail: "SIP/2.0 403 Forbidden",
    });
  });

  test("silence is a timeout", async () => {
    const patient = { ...call("quiet@director"), negotiateTimeoutMs: 300 };
    const mute = await probe("sip", patient, at());
    const hung = await whilePaused(server, () => probe("sip", patient, at()));
    for (const said of [mute, hung])
      expect(record(row, "silent", said)).toMatchObject({ up: false, reason: "timeout" });
  });

  test("nobody there is refused", async () => {
    await using goneTcp = await goneServer(address);
    const gone = protocol === "tcp" ? goneTcp.endpoint : (await goneServer(address)).endpoint;
    const said = await probe("sip", call("ldirectord@director"), gone);
    expect(record(row, "gone", said)).toMatchObject({ up: false, reason: "refused" });
  });
});
