import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CheckSettings } from "../../../checks/check.ts";
import { dnsWith } from "../../../checks/dns.ts";
import { verdict } from "../../unit/checks/probing.ts";
import { type Folder, makeFolder, mayChooseUser } from "./lib/folder.ts";
import { freePort } from "./lib/free-port.ts";
import { record } from "./lib/matrix.ts";
import { whilePaused } from "./lib/paused.ts";
import { probe } from "./lib/probe.ts";
import { type RealServer, startRealServer, userIds } from "./lib/real-server.ts";
import { goneServer } from "./lib/silent-server.ts";

const loopbacks = ["127.0.0.1", "::1"] as const;
const protocols = ["udp", "tcp"] as const;

interface Dns extends AsyncDisposable {
  readonly server: RealServer;
  readonly port: number;
}

const reverse6 = "0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";
const zoneHead =
  "$TTL 60\n@ IN SOA ns.example.test. root.example.test. 1 60 60 60 60\n@ IN NS ns.example.test.\n";

async function startNamed(): Promise<Dns> {
  const owner = mayChooseUser() ? userIds("bind") : undefined;
  const folder = makeFolder(owner);
  const port = await freePort();
  folder.write(
    "example",
    `${zoneHead}ns A 127.0.0.1
www A 192.0.2.1
www A 192.0.2.2
www AAAA 2001:db8::2
six AAAA 2001:db8::6
alias CNAME www
text TXT "only text"
${Array.from({ length: 60 }, (_, i) => `many A 192.0.2.${i + 100}`).join("\n")}
`,
  );
  folder.write("reverse4", `${zoneHead}7 PTR www.example.test.\n`);
  folder.write("reverse6", `${zoneHead}6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 PTR six.example.test.\n`);
  const zone = (name: string, file: string): string =>
    `zone "${name}" { type primary; file "${folder.at(file)}"; };`;
  const config = folder.write(
    "named.conf",
    `options {
  directory "${folder.path}"; pid-file none; session-keyfile none; managed-keys-directory "${folder.path}";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 port ${port} { ::1; };
  recursion no; notify no; dnssec-validation no; minimal-responses yes;
};
controls { };
${zone("example.test", "example")}
${zone("2.0.192.in-addr.arpa", "reverse4")}
${zone(reverse6, "reverse6")}
${zone("broken.test", "no-such-file")}
`,
  );
  return start(folder, port, "/usr/sbin/named", ["-g", "-n", "1", "-c", config], owner);
}

async function startDnsmasq(): Promise<Dns> {
  const folder = makeFolder();
  const port = await freePort();
  return start(folder, port, "/usr/sbin/dnsmasq", [
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    `--user=${mayChooseUser() ? "nobody" : ""}`,
    "--pid-file",
    `--port=${port}`,
    "--listen-address=127.0.0.1,::1",
    "--bind-interfaces",
    "--no-resolv",
    "--no-hosts",
    "--local=/example.test/",
    "--host-record=www.example.test,192.0.2.1,2001:db8::2",
    "--host-record=six.example.test,2001:db8::6",
    "--cname=alias.example.test,www.example.test",
    "--txt-record=text.example.test,only text",
    "--ptr-record=7.2.0.192.in-addr.arpa,www.example.test",
    `--ptr-record=6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.${reverse6},six.example.test`,
  ]);
}

async function start(
  folder: Folder,
  port: number,
  command: string,
  args: readonly string[],
  ids: { readonly uid?: number; readonly gid?: number } = {},
): Promise<Dns> {
  const server = await startRealServer({ command, args, ...ids, ready: { port } });
  return {
    server,
    port,
    async [Symbol.asyncDispose]() {
      await server.stop();
      folder[Symbol.dispose]();
    },
  };
}

const ask = (
  protocol: "udp" | "tcp",
  request: string,
  receive?: string,
): Partial<CheckSettings> => ({
  protocol,
  request,
  ...(receive === undefined ? {} : { receive }),
});

describe.for([
  ["bind9", startNamed],
  ["dnsmasq", startDnsmasq],
] as const)("dns, against %s", ([name, begin]) => {
  const row = `dns (${name})`;
  let dns: Dns;
  beforeAll(async () => {
    dns = await begin();
  });
  afterAll(() => dns?.[Symbol.asyncDispose]());

  describe.for(loopbacks.flatMap((address) => protocols.map((by) => ({ address, by }))))(
    "on $address by $by",
    ({ address, by }) => {
      const at = () => ({ address, port: dns.port });

      test.for<[request: string, receive: string, detail: string]>([
        ["/www.example.test", "^192\\.0\\.2\\.1$", "www.example.test A 192.0.2.1"],
        ["/www.example.test", "^2001:db8::2$", "www.example.test AAAA 2001:db8::2"],
        ["/six.example.test", "^2001:", "six.example.test AAAA 2001:db8::6"],
        ["/alias.example.test", "^192\\.0\\.2\\.1$", "alias.example.test A 192.0.2.1"],
        ["/192.0.2.7", "^www\\.example\\.test$", "7.2.0.192.in-addr.arpa PTR www.example.test"],
        [
          "/2001:db8::6",
          "^six\\.",
          `6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.${reverse6} PTR six.example.test`,
        ],
      ])("%s fits %s", async ([request, receive, detail]) => {
        const said = await probe("dns", ask(by, request, receive), at());
        expect(record(row, "right answer", said)).toEqual({ up: true, detail });
      });

      test("without receive any record will do, without request any answer", async () => {
        expect(await probe("dns", ask(by, "/www.example.test"), at())).toMatchObject({ up: true });
        expect(await probe("dns", ask(by, "/"), at())).toMatchObject({
          up: true,
          detail: "answers (REFUSED)",
        });
      });

      test("another address is a mismatch", async () => {
        const said = await probe("dns", ask(by, "/www.example.test", "^198\\."), at());
        expect(record(row, "wrong answer", said)).toMatchObject({ up: false, reason: "mismatch" });
      });

      test("a name without addresses is a mismatch", async () => {
        expect(await probe("dns", ask(by, "/text.example.test"), at())).toEqual({
          up: false,
          reason: "mismatch",
          detail: "no A or AAAA record for text.example.test",
        });
      });

      test("a name that is not there is NXDOMAIN", async () => {
        const said = await probe("dns", ask(by, "/nobody.example.test", "."), at());
        expect(record(row, "wrong answer", said)).toEqual({
          up: false,
          reason: "status",
          detail: "NXDOMAIN for A nobody.example.test",
        });
      });

      test("a server that hangs is a timeout", async () => {
        const wanted = { ...ask(by, "/www.example.test"), negotiateTimeoutMs: 400 };
        const said = await whilePaused(dns.server, () => probe("dns", wanted, at()));
        expect(record(row, "silent", said)).toEqual({
          up: false,
          reason: "timeout",
          detail: "no answer within 0.4 s",
        });
      });

      test("nobody there is refused", async () => {
        await using gone = await goneServer(address);
        const said = await probe("dns", ask(by, "/www.example.test"), gone.endpoint);
        expect(record(row, "gone", said)).toMatchObject({ up: false, reason: "refused" });
      });
    },
  );

  test.for(protocols)("a name without a dot is completed by the search list, by %s", async (by) => {
    const check = dnsWith({ suffixes: ["nowhere.test", "example.test"], ndots: 1 });
    const target = { address: "127.0.0.1", port: dns.port };
    expect(await verdict(check, target, ask(by, "/www", "^192\\.0\\.2\\.1$"))).toEqual({
      up: true,
      detail: "www.example.test A 192.0.2.1",
    });
  });

  if (name !== "bind9") return;

  test.for(protocols)("a zone that cannot be read is SERVFAIL, by %s", async (by) => {
    const target = { address: "127.0.0.1", port: dns.port };
    const said = await probe("dns", ask(by, "/www.broken.test", "."), target);
    expect(record(row, "wrong answer", said)).toEqual({
      up: false,
      reason: "status",
      detail: "SERVFAIL for A www.broken.test",
    });
  });

  test("an answer too long for a datagram is fetched by TCP", async () => {
    const target = { address: "127.0.0.1", port: dns.port };
    for (const last of [100, 115, 130, 145, 159])
      expect(
        await probe("dns", ask("udp", "/many.example.test", `^192\\.0\\.2\\.${last}$`), target),
      ).toMatchObject({ up: true });
  });
});
