import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { messagesOf, web } from "./read.ts";

const said = async (text: string) => (await messagesOf(text)).join("\n");
/** With everything that is asked of the real servers being right. */
const service = (head: string, ...lines: string[]) => `${[head, ...lines].join("\n    ")}\n`;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "doubts-"));
  await writeFile(join(folder, "check"), "#!/bin/sh\n");
  await writeFile(join(folder, "plain"), "exit 0;\n");
  await chmod(join(folder, "check"), 0o755);
  await chmod(join(folder, "plain"), 0o644);
});
afterAll(() => rm(folder, { recursive: true }));

describe("what loads and surely is not meant is one warning", () => {
  test.for<[what: string, text: string, line: number, warning: string]>([
    [
      "gate with another port",
      service("virtual=192.0.2.1:80", "real=192.0.2.11:8080 gate", "service=http"),
      2,
      "gate changes no port: clients come to 80, the service's, and the check asks 8080",
    ],
    [
      "ipip with another port, and a range of servers",
      service("virtual=192.0.2.1:80", "real=192.0.2.11->192.0.2.19:81 ipip", "checkport=80"),
      2,
      "ipip changes no port: clients come to 80, the service's; write the same port, or masq",
    ],
    ["HEAD with receive", web("httpmethod=HEAD", 'receive="x"'), 3, "HEAD brings none"],
    [
      "HEAD with receive of one server",
      service("virtual=192.0.2.1:80", 'real=192.0.2.11:80 gate 1 "a", "b"', "httpmethod=head"),
      3,
      "HEAD brings none",
    ],
    ["external without a command", web("checktype=external"), 3, "checkcommand is missing"],
    ["external-perl without one", web("checktype=external-perl"), 3, "checkcommand is missing"],
    [
      "a command that is not there",
      web("checktype=external", "checkcommand=/nonexistent/check"),
      4,
      '"/nonexistent/check": no such program',
    ],
    [
      "a bare name that is not in PATH",
      web("checktype=external", "checkcommand=no-such-program-anywhere"),
      4,
      "no such program",
    ],
    [
      "a command with arguments",
      web("checktype=external", "checkcommand=/bin/true -v"),
      4,
      '"/bin/true -v": no such program (checkcommand takes no arguments)',
    ],
    [
      "a callback with arguments",
      'callback="/bin/true now"\n',
      1,
      '"/bin/true now": no such program (callback takes no arguments); it is never run',
    ],
    ["execute of a missing file", "execute=no-such.cf\n", 1, 'no configuration "no-such.cf"'],
    ["mail to nobody", "emailalert=,\n", 1, "holds no mail address"],
    ["mail to a sentence", "emailalert=the people of the web team\n", 1, "holds no mail address"],
    [
      "a blank between two addresses",
      'emailalert="a@x.org b@x.org"\n',
      1,
      "gets no mail; write emailalert=a@x.org, b@x.org",
    ],
    [
      "the same in a service",
      web("emailalert=a@x.org b@x.org"),
      3,
      "gets no mail; write emailalert=a@x.org, b@x.org",
    ],
    ["http of a udp service", web("protocol=udp"), 3, "http is asked by TCP"],
    ["http, said of a udp service", web("protocol=udp", "service=http"), 4, "http is asked by TCP"],
    [
      "no real server",
      service("virtual=192.0.2.1:80", "service=http"),
      1,
      "has no real server: clients are refused",
    ],
    [
      "no real server but a fallback",
      service("virtual=192.0.2.1:80", "fallback=127.0.0.1"),
      1,
      "has no real server: only the fallback serves",
    ],
  ])("%s", async ([, text, line, warning]) => {
    const messages = await messagesOf(text);
    expect(messages.length).toBe(1);
    expect(messages[0]).toContain(`warning ${line}: `);
    expect(messages[0]).toContain(warning);
  });

  test("a command that is there, and not executable", async () => {
    const of = (checkType: string, name: string) =>
      said(web(`checktype=${checkType}`, `checkcommand=${join(folder, name)}`));
    expect(await of("external", "plain")).toContain("not executable");
    expect(await of("external", "check")).toBe("");
    expect(await of("external-perl", "plain")).toBe("");
    expect(await of("external-perl", "gone")).toContain("no such program");
  });
});

describe("what may well be meant is none", () => {
  test.for<[what: string, text: string]>([
    ["masq with another port", service("virtual=192.0.2.1:80", "real=192.0.2.11:8080 masq")],
    ["gate without a port", service("virtual=192.0.2.1:80", "real=192.0.2.11 gate")],
    ["gate of a mark", service("virtual=7", "real=192.0.2.11:8080 gate", "service=http")],
    ["HEAD without receive", web("httpmethod=HEAD")],
    ["GET with receive", web('receive="x"')],
    ["a command found in PATH", web("checktype=external", "checkcommand=true")],
    ["a command that is not asked", web("checkcommand=/nonexistent")],
    ["a callback that is there", 'callback="/bin/true"\n'],
    ["two addresses", 'emailalert="a@x.org, b@x.org"\n'],
    ["two addresses in quotes of their own", 'emailalert="a@x.org", "b@x.org"\n'],
    ["a local user", "emailalert=root\n"],
    ["a name and an address", "emailalert=Web Team <a@x.org>\n"],
    [
      "a mark of dns by udp",
      service("virtual=192.0.2.1:53", "real=192.0.2.11:53 masq", 'request="x.org"'),
    ],
    ["udp by connect, which is a ping", web("protocol=udp", "checktype=connect")],
  ])("%s", async ([, text]) => {
    expect(await said(text)).toBe("");
  });
});
