import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { LoadOptions } from "../../../src/config/load.ts";
import { serviceTrouble } from "../../../src/config/values/service.ts";
import type { VirtualService } from "../../../src/model/virtual-service.ts";
import { realServer, tcp, virtualService } from "../../support/builders.ts";
import { services } from "../../support/services.ts";
import { configOf, messagesOf, read, virtualOf, web, webReal } from "./read.ts";

const seed = (name: string) =>
  readFileSync(new URL(`../../support/fixtures/seed/${name}.cf`, import.meta.url), "utf8");

describe("defaults", () => {
  test("of the daemon", async () => {
    expect(await configOf("# nothing\n")).toMatchObject({
      virtuals: [],
      isAutoreload: false,
      isReaddQuiescent: false,
      isSupervised: false,
      checkIntervalMs: 10_000,
      execute: [],
      log: { kind: "file", path: "/var/log/ldirectord.log" },
    });
  });

  test("of a virtual service", async () => {
    const reals = [realServer("192.0.2.11:80")];
    const expected = virtualService(tcp("192.0.2.1:80"), reals, { places: new Map() });
    expect(await virtualOf(web())).toEqual(expected);
  });
});

describe("one value", () => {
  test.for<[name: string, lines: string[], meaning: Partial<VirtualService>]>([
    [
      "a digit in checktype is the number of turns",
      ["checktype=connect2"],
      { checkType: { turns: 2 } },
    ],
    ["quotes around a checktype are taken off", ['checktype="connect"'], { checkType: "connect" }],
    ["the first run of digits counts", ["checktimeout=2.5"], { checkTimeoutMs: 2_000 }],
    ["the last of two lines counts", ["scheduler=rr", "scheduler=wlc"], { scheduler: "wlc" }],
    ["a quoted string ends at the last quote", ['request="a"b" x'], { request: 'a"b' }],
    ["a backslash does not escape", ['receive="a\\"b"'], { receive: 'a\\"b' }],
    ["a # in quotes is content", ['request="a#b" # c'], { request: "a#b" }],
    ["a virtualhost ends at a quote", ['virtualhost="www.x" y'], { virtualHost: "www.x" }],
    ["a tab in a value is four blanks", ['receive="a\tb"'], { receive: "a    b" }],
    ["a command in quotes loses them", ['checkcommand="/bin/x" -a'], { checkCommand: "/bin/x" }],
    ["scheduler flags are OR-ed", ["schedflags=sh-port,sh-fallback"], { schedulerFlags: 0x18 }],
    [
      "persistence has a mask",
      ["persistent=60", "netmask=255.255.255.0"],
      { persistence: { timeoutSec: 60, netmask: 0xffffff00 } },
    ],
    ["httpmethod is read in any case", ["httpmethod=head"], { httpMethod: "HEAD" }],
    ["ops counts with udp", ["protocol=udp", "ops=yes", "service=none"], { isOnePacket: true }],
    ["ops does not count with tcp", ["ops=yes"], { isOnePacket: false }],
  ])("%s", async ([, lines, meaning]) => {
    expect(await virtualOf(web(...lines))).toMatchObject(meaning);
  });

  test("persistent=0 is no persistence, and said to be so", async () => {
    const text = web("persistent=0");
    expect((await virtualOf(text)).persistence).toBeUndefined();
    expect(await messagesOf(text)).toEqual(["warning 3: 0 is taken as no persistence"]);
  });
});

describe("times: the nearer directive of either name wins", () => {
  test.for<[globals: string, own: string[], check: number, negotiate: number]>([
    ["", [], 5, 30],
    ["negotiatetimeout=7", [], 7, 7],
    ["checktimeout=3", [], 3, 3],
    ["checktimeout=3\nnegotiatetimeout=7", [], 3, 7],
    ["checktimeout=3\nnegotiatetimeout=7", ["negotiatetimeout=9"], 9, 9],
    ["checktimeout=3\nnegotiatetimeout=7", ["checktimeout=2"], 2, 2],
  ])("%s %s", async ([globals, own, check, negotiate]) => {
    const virtual = await virtualOf(`${globals}\n${web(...own)}`);
    expect(virtual.checkTimeoutMs).toBe(check * 1000);
    expect(virtual.negotiateTimeoutMs).toBe(negotiate * 1000);
  });

  test("a global below the virtual service still counts", async () => {
    const virtual = await virtualOf(`${web()}quiescent=yes\ncheckinterval=3\n`);
    expect(virtual).toMatchObject({ isQuiescent: true, checkIntervalMs: 3_000 });
  });

  test("an interval of a virtual service is honoured without a warning", async () => {
    expect((await virtualOf(web("checkinterval=2"))).checkIntervalMs).toBe(2_000);
    expect(await messagesOf(web("checkinterval=2"))).toEqual([]);
  });
});

describe("addresses", () => {
  test.for<[virtual: string, key: unknown]>([
    ["virtual=010.1.1.1:80", { protocol: "tcp", endpoint: { address: "8.1.1.1", port: 80 } }],
    ["virtual=1.2:http", { protocol: "tcp", endpoint: { address: "1.0.0.2", port: 80 } }],
    ["virtual=192.0.2.1:domain", { protocol: "udp", endpoint: { address: "192.0.2.1", port: 53 } }],
    ["virtual=my_host:80", { protocol: "tcp", endpoint: { address: "192.0.2.22", port: 80 } }],
    ["virtual6=[2001:DB8:0::1]:80", { endpoint: { address: "2001:db8::1", port: 80 } }],
    ["virtual=7 # a mark", { kind: "fwmark", family: 4, mark: 7 }],
    ["virtual6=7", { kind: "fwmark", family: 6, mark: 7 }],
    ["virtual=1.2.3.4", { kind: "fwmark", family: 4, mark: 1 }],
  ])("%s", async ([head, key]) => {
    expect(await virtualOf(`${head}\n    service=none\n`)).toMatchObject({ key });
  });

  test("what the kernel refuses is left out with a word, and the rest of the file runs", async () => {
    const text = `virtual=192.0.2.1:0
    real=192.0.2.9 gate
    service=none
virtual=0
    real=192.0.2.9 gate
    service=none
virtual=192.0.2.1:80
    real=192.0.2.9:80 gate l:9 u:3
    real=192.0.2.8:80 gate
    service=none
`;
    expect(await messagesOf(text)).toEqual([
      "warning 1: port 0 (all ports) needs persistent=SECONDS: the kernel refuses it without; the service is left out",
      "warning 4: a firewall mark is a number from 1 to 4294967295, not 0; the service is left out",
      "warning 8: the lower threshold 9 is above the upper one 3: the kernel refuses it; the server is left out",
    ]);
    expect(await virtualOf(text)).toMatchObject({
      key: { endpoint: { address: "192.0.2.1", port: 80 } },
      reals: [{ endpoint: { address: "192.0.2.8", port: 80 } }],
    });
  });

  test("an address without a port is a mark, with a loud word", async () => {
    expect(
      await messagesOf("virtual=1.2.3.4\n    real=192.0.2.11 gate\n    service=none\n"),
    ).toEqual([
      'warning 1: "1.2.3.4" is taken as firewall mark 1; an address needs a port: virtual=1.2.3.4:80',
    ]);
  });

  test.for<[real: string, endpoint: string]>([
    ["my_host:80 gate", "192.0.2.22:80"],
    ["192.168.6.2::5060 gate", "192.168.6.2:5060"],
    ["tcp://192.0.2.9:80 gate", "192.0.2.9:80"],
    ["192.0.2.9 gate", "192.0.2.9:0"],
    ["web1.example:http gate", "192.0.2.21:80"],
  ])("real=%s", async ([real, endpoint]) => {
    const [server] = (await virtualOf(webReal(real))).reals;
    expect(`${server?.endpoint.address}:${server?.endpoint.port}`).toBe(endpoint);
  });

  test("a range crosses from nine to ten digits as numbers do", async () => {
    const { reals } = await virtualOf(webReal("59.154.201.254->59.154.202.1:80 gate"));
    expect(reals.map(({ endpoint }) => endpoint.address)).toEqual([
      "59.154.201.254",
      "59.154.201.255",
      "59.154.202.0",
      "59.154.202.1",
    ]);
  });

  test("a later line for the same server counts, with a warning", async () => {
    const text = web("real=192.0.2.12:80 gate", "real=192.0.2.11:80 masq 9");
    expect((await virtualOf(text)).reals).toMatchObject([
      { endpoint: { address: "192.0.2.11" }, forwarding: "masq", weight: 9 },
      { endpoint: { address: "192.0.2.12" } },
    ]);
    expect(await messagesOf(text)).toEqual([
      "warning 4: 192.0.2.11:80 stands in line 2 too; this line counts",
    ]);
  });
});

describe("fallback", () => {
  const fallback = async (text: string) => (await virtualOf(text)).fallback;

  test("without a port has the virtual service's", async () => {
    const expected = { endpoint: { address: "127.0.0.1", port: 80 }, forwarding: "gate" };
    expect(await fallback(web("fallback=127.0.0.1"))).toEqual(expected);
    expect(await fallback(`fallback=127.0.0.1\n${web()}`)).toEqual(expected);
  });

  test("of the virtual service wins over the global one", async () => {
    const text = `fallback=127.0.0.1:80\n${web("fallback=127.0.0.9:81 masq")}`;
    expect(await fallback(text)).toEqual({
      endpoint: { address: "127.0.0.9", port: 81 },
      forwarding: "masq",
    });
  });

  test("global, for a mark: its own port, else 0", async () => {
    const mark = "virtual=5\n    service=none\n";
    expect(await fallback(`fallback=127.0.0.1:81\n${mark}`)).toMatchObject({
      endpoint: { port: 81 },
    });
    expect(await fallback(`fallback=127.0.0.1\n${mark}`)).toMatchObject({ endpoint: { port: 0 } });
  });

  test("global, serves its own family only", async () => {
    const six = "virtual6=[2001:db8::1]:80\n    service=none\n";
    expect(await fallback(`fallback=127.0.0.1:80\n${six}`)).toBeUndefined();
    expect(await fallback(`fallback6=[::1]\n${six}`)).toMatchObject({
      endpoint: { address: "::1", port: 80 },
    });
    expect(await fallback(`fallback6=[::1]:80\n${web()}`)).toBeUndefined();
  });
});

describe("service", () => {
  test("ftp and sip, when named, bring their login", async () => {
    const ftp = await virtualOf(web("service=ftp", "checktype=connect"));
    expect(ftp.login).toBe("anonymous");
    expect(ftp.passwd?.reveal()).toBe("ldirectord@director");
    const sip = await virtualOf(web("service=sip", "checktype=connect"));
    expect(sip).toMatchObject({ login: "ldirectord@director" });
    const implied = await virtualOf("virtual=192.0.2.1:21\n    checktype=connect\n");
    expect(implied).toMatchObject({ service: "ftp" });
    expect(implied.login).toBeUndefined();
  });

  describe("that only we have", () => {
    const finger = new Map([...services, ["finger", { name: "finger", port: 79 }]]);
    const onPort = (port: number, ...lines: readonly string[]): string =>
      [`virtual=192.0.2.1:${port}`, "real=192.0.2.11 gate", ...lines].join("\n    ").concat("\n");
    const loadedWith = (text: string, options: Partial<LoadOptions> = {}) =>
      read(text, { services: finger, ...options });

    test("is taken, with one warning that the original refuses the file", async () => {
      expect(await loadedWith(onPort(79, "service=finger"))).toMatchObject({
        config: { virtuals: [{ service: "finger" }] },
        warnings: [
          { line: 3, message: expect.stringMatching(/the original.*refuses.*service = finger/) },
        ],
      });
    });

    test("is not implied by its port, for the original asks nothing there", async () => {
      expect(await loadedWith(onPort(79))).toMatchObject({
        config: { virtuals: [{ service: "none" }] },
        warnings: [{ message: expect.stringContaining("count as up without being asked") }],
      });
    });

    test("comes from beside the file without a warning, and goes before the file's", async () => {
      const serviceOf = new Map([["192.0.2.1:79", "finger"]]);
      for (const lines of [[], ["service=http"]]) {
        expect(await loadedWith(onPort(79, ...lines), { serviceOf })).toMatchObject({
          config: { virtuals: [{ service: "finger" }] },
          warnings: [],
        });
      }
    });

    test("is asked where no check answers for it: then it is none", () => {
      expect(serviceTrouble("finger", finger)).toBeUndefined();
      expect(serviceTrouble("finger", services)?.message).toContain("is no service");
      expect(serviceTrouble("zzz", services)?.hint).toContain("it is one of dns, ftp, http");
    });
  });

  test("that nobody names and nothing implies is told: its servers are never asked", async () => {
    const [message] = await messagesOf("virtual=192.0.2.1:8080\n    real=192.0.2.11:8080 gate\n");
    expect(message).toContain("count as up without being asked");
  });
});

describe("the file as bytes", () => {
  test("Latin-1 in a comment is no reason to refuse it", async () => {
    const bytes = Buffer.from("# f\xfcr alle\nquiescent=no\n", "latin1");
    expect(await read(bytes)).toMatchObject({ ok: true });
  });

  test("equal bytes have equal hashes, others do not", async () => {
    const hash = async (text: string) => (await read(text)).hash;
    expect(await hash("fork=no\n")).toBe(await hash("fork=no\n"));
    expect(await hash("fork=no\n")).not.toBe(await hash("fork=yes\n"));
  });
});

describe("secrets", () => {
  test("never show in a Config that is printed", async () => {
    const virtual = await virtualOf(web('passwd="hunter2"', 'secret="hunter2"'));
    expect(virtual.passwd?.reveal()).toBe("hunter2");
    expect(inspect(virtual, { depth: 9 }) + JSON.stringify(virtual)).not.toContain("hunter2");
  });

  test.for([
    "passwd=hunter2",
    'password="hunter2"',
    'secert="hunter2"',
    "pasword: hunter2",
    'passwd "hunter2"',
    'user="x" password="hunter2"',
    'passwd="hunter2',
    "PASSWD=hunter2",
  ])("never show in a message about %s", async (line) => {
    for (const text of [web(line), `${line}\n`, `${web()}\n    ${line}\n`]) {
      const loaded = await read(text);
      expect(loaded.ok).toBe(false);
      expect(JSON.stringify(loaded)).not.toContain("hunter2");
    }
  });
});

describe("a handbook's files, as printed", () => {
  test("direct routing: servers without a port keep 0", async () => {
    const config = await configOf(seed("dr"));
    expect(config).toMatchObject({ isAutoreload: true, checkIntervalMs: 1000 });
    expect(config.virtuals).toMatchObject([
      {
        key: { protocol: "tcp", endpoint: { address: "192.168.10.101", port: 80 } },
        reals: [
          { endpoint: { address: "192.168.10.201", port: 0 }, forwarding: "gate", weight: 1 },
          { endpoint: { address: "192.168.10.202", port: 0 }, forwarding: "gate", weight: 2 },
        ],
        fallback: { endpoint: { address: "127.0.0.1", port: 80 }, forwarding: "gate" },
        service: "http",
        checkPort: 80,
        isQuiescent: false,
        checkTimeoutMs: 3000,
      },
    ]);
    expect(await messagesOf(seed("dr"))).toEqual([]);
  });

  test("firewall mark: no-break blanks and a typographic quote are taken as meant", async () => {
    expect((await configOf(seed("fwmark"))).virtuals).toMatchObject([
      {
        key: { kind: "fwmark", family: 4, mark: 5 },
        reals: [
          { endpoint: { address: "192.168.10.201", port: 80 }, weight: 2 },
          { endpoint: { address: "192.168.10.202", port: 80 }, weight: 1 },
        ],
        fallback: { endpoint: { address: "127.0.0.1", port: 80 } },
        service: "http",
        checkPort: 80,
        request: "index.html",
        receive: "Test Ldirectord",
      },
    ]);
    const messages = await messagesOf(seed("fwmark"));
    expect(messages.find((message) => message.includes("no-break"))).toBeDefined();
    expect(messages).toContain(
      'warning 16: a typographic quote is taken as a plain one; write "..."',
    );
  });
});

// The original hands it to a shell, which finds no program of that name, and runs on.
test("an empty fallbackcommand for all is none, with a warning", async () => {
  expect(await messagesOf('fallbackcommand=""\n')).toEqual([
    "warning 1: is empty, so it has no effect",
  ]);
});

test("a syslog facility may be written as C names it; another word is doubted", async () => {
  expect(await messagesOf('logfile="LOCAL0"\nlogfile="LOG_LOCAL1"\n')).toEqual([]);
  expect(await messagesOf('logfile="local9"\n')).toEqual([
    'warning 1: "local9" is no syslog facility; did you mean "local0"?',
  ]);
});
