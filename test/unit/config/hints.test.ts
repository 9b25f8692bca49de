import { describe, expect, test } from "vitest";
import { messagesOf, web, webReal } from "./read.ts";

const said = async (text: string) => (await messagesOf(text)).join("\n");

describe("what is proposed is the operator's own value, in the right form", () => {
  test.for<[line: string, right: string]>([
    ["quiescent: no", "quiescent=no"],
    ["autoreload no", "autoreload=no"],
    ["cleanstop = never", "cleanstop=no"],
    ['quiescent="no"', "quotes are not allowed here; write quiescent=no"],
    ["checkinterval 7", "checkinterval=7"],
    ["callback: /usr/bin/sync", 'callback="/usr/bin/sync"'],
    ["callback='/usr/bin/sync'", 'callback="/usr/bin/sync"'],
    ['logfile="/var/log/x', 'logfile="/var/log/x"'],
    ["virtual: 10.0.0.1:80", "virtual=10.0.0.1:80"],
    ['smtp="mail.example.net"', "quotes are not allowed here; write smtp=mail.example.net"],
    ["smtp: mail.example.net", "smtp=mail.example.net"],
    ["smtp=mail.example.net:2525", "[email] smtp-port"],
    ["reload=yes", '"autoreload"'],
    ["smtp_server=mail.example.net", '"smtp"'],
    ["sorry_server=127.0.0.1:80", '"fallback"'],
  ])("%s", async ([line, right]) => {
    expect(await said(`${line}\n`)).toContain(right);
  });

  test.for<[line: string, right: string]>([
    ["real 10.0.0.11:80 masq 5", "real=10.0.0.11:80 masq 5"],
    ["request: check.html", 'request="check.html"'],
    ["receive=up and running", 'receive="up and running"'],
    ["checkport: 8080", "checkport=8080"],
    ["checkport=https", "checkport=443"],
    ["pasword=hunter2", '"passwd"'],
    ["paswort=hunter2", '"passwd"'],
    ["user=monitor", '"login"'],
    ["interval=5", '"checkinterval"'],
    ["lb_algo=rr", '"scheduler"'],
    ["weight=5", "gate 5"],
    ["scheduler=roundrobin", "scheduler=rr"],
    ["scheduler=Round-Robin", "scheduler=rr"],
    ["scheduler=leastconn", "scheduler=lc"],
    ["service=postgresql", "service=pgsql"],
    ["service=pop3", "service=pop"],
    ["checktype=tcp", "checktype=connect"],
    ["checktype=http", "checktype=negotiate and service=http"],
    ["real=10.0.0.12:80 nat", "write masq"],
    ["fallback=127.0.0.1:80 dr", "write gate"],
    ["fallback=127.0.0.1:80,gate", "127.0.0.1:80 gate"],
  ])("in a service: %s", async ([line, right]) => {
    expect(await said(web(line))).toContain(right);
  });

  test.for(["memcached", "ssh", "tftp", "mssql", "mongodb"])(
    "no other service is proposed for %s",
    async (service) => {
      const text = await said(web(`service=${service}`));
      expect(text).toContain(`there is no check for "${service}"`);
      expect(text).not.toContain("did you mean");
    },
  );

  test.for(["passwd hunter2", "pasword: hunter2", "secret=hunter2", 'passwd="hunter2'])(
    "but never a password: %s",
    async (line) => {
      const text = await said(web(line));
      expect(text).toContain("error");
      expect(text).not.toContain("hunter2");
    },
  );
});

describe("addresses", () => {
  test.for<[value: string, right: string]>([
    ["10.0.0.1,80", "virtual=10.0.0.1:80"],
    ["10.0.0.1;443", "virtual=10.0.0.1:443"],
    ["10.0.0.1 :80", "virtual=10.0.0.1:80"],
    ["20.0.0.2.993", "virtual=20.0.0.2:993"],
    ["30.0.0.3/32:80", "virtual=30.0.0.3:80"],
    ["fd00::1:80", "virtual6=[fd00::1]:80"],
    ["[fd00::2]", "virtual6=[fd00::2]:80"],
    ["2001::1:80", "virtual6=[2001::1]:80"],
    ["2001:db8::1:80", "virtual6=[2001:db8::1]:80"],
    ["[fd00::2]:443", "virtual6=[fd00::2]:443"],
  ])("virtual=%s", async ([value, right]) => {
    const text = await said(`virtual=${value}\n    service=none\n`);
    expect(text).toContain(`${right}`);
    expect(text.split(right)[1]?.[0] ?? "\n").toBe("\n");
  });

  test("virtual6 without brackets", async () => {
    expect(await said("virtual6=fd00::1:80\n    service=none\n")).toContain(
      "virtual6=[fd00::1]:80",
    );
  });

  test.for<[value: string, right: string]>([
    ["192.168.100.1000:80 gate", "no IPv4 address: 1000 is above 255"],
    ["256.1.1.1 gate", "no IPv4 address: 256 is above 255"],
    ["10.0.0.12.80 gate", "write 10.0.0.12:80"],
    ["10.0.0.13-15:80 gate", "10.0.0.13->10.0.0.15"],
    ["10.0.0.13-10.0.0.15:80 gate", "10.0.0.13->10.0.0.15"],
    ["10.0.0.16 :80 gate", 'no blank may stand before ":80"'],
    ["10..0.1:80 gate", "a number is missing"],
  ])("real=%s", async ([value, right]) => {
    expect(await said(webReal(value))).toContain(right);
  });
});

describe("no warning that is untrue", () => {
  const noService = "no service is named";
  test("a real server without a port is checked on the virtual service's", async () => {
    const text = "virtual=10.0.0.1:9312\n    real=10.0.0.11 gate\n    checktype=connect\n";
    expect(await said(text)).toBe("");
  });

  test("a service that was refused has been named", async () => {
    const text = "virtual=10.0.0.1:6666\n    real=10.0.0.11:6666 masq\n    service=pingpong\n";
    expect(await said(text)).not.toContain(noService);
  });

  test.for([
    "virtual=3\n  real=10.0.0.11:80 gate\n  service=http\n",
    "virtual=3\n    real=10.0.0.11:80 gate\n\n    service=http\n",
    "virtual=3\n    real=10.0.0.11:80 gate\nservice=http\n",
    "virtual=3\n    real=10.0.0.11:80 gate\n    servise=http\n",
  ])(
    "a block cut short, or with a line that is not understood, may have named one: %j",
    async (text) => {
      expect(await said(text)).toContain("error");
      expect(await said(text)).not.toContain(noService);
    },
  );

  test("it is told where it is true", async () => {
    expect(await said("virtual=3\n    real=10.0.0.11:80 gate\n")).toContain(noService);
  });
});
