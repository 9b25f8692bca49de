/** Whatever a keepalived.conf says: what is made of it has no mistake, and a start takes it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { loadChecks } from "../../../checks/registry.ts";
import { isError, wordsOf } from "../../../src/config/diagnostics.ts";
import { prepare } from "../../../src/daemon/prepare.ts";
import { importConf } from "../../../src/keepalived/import-conf.ts";

const folder = mkdtempSync(join(tmpdir(), "keepalived-loads-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A word of a statement and what may stand behind it: right, odd and hostile. */
const statement = (word: string, ...values: readonly string[]) =>
  fc.constantFrom(...values).map((value) => `${word} ${value}`);

const odd = [
  '""',
  '"a b"',
  '"a\\"b#c"',
  "ü",
  "\u001b[2J",
  "-1",
  "0",
  "4294967295",
  "99999999999",
  "1.5",
  "no",
];
const checker = fc
  .tuple(
    fc.constantFrom(
      "TCP_CHECK",
      "HTTP_GET",
      "SSL_GET",
      "SMTP_CHECK",
      "DNS_CHECK",
      "MISC_CHECK",
      "PING_CHECK",
      "UDP_CHECK",
      "FILE_CHECK",
    ),
    fc.array(
      fc.oneof(
        statement("connect_port", "8080", "0", ...odd),
        statement("connect_timeout", "3", ...odd),
        statement("retry", "2", ...odd),
        statement("delay_before_retry", "1", ...odd),
        statement("misc_path", "/bin/true", '"/bin/true a"', '"/bin/t rue"', ...odd),
        statement("misc_timeout", "4", ...odd),
        statement("misc_dynamic", ""),
        statement("type", "A", "MX", ...odd),
        statement("name", "www.example.org", ".", ...odd),
        statement("virtualhost", "www.example.org", ...odd),
        fc
          .tuple(
            statement("path", "/", "/a", "http://x/", ...odd),
            statement("regex", "ok", '"a\\\\"', '"(["', '"\\"#"', '"a\\nb"', ...odd),
            statement("status_code", "200", "404", "200-404", ...odd),
            statement("regex_options", "caseless", "ucp", "dotall multiline"),
            fc.constantFrom("regex_no_match", ""),
          )
          .map((parts) => `url {\n${parts.join("\n")}\n}`),
      ),
      { maxLength: 5 },
    ),
  )
  .map(([name, body]) => `${name} {\n${body.join("\n")}\n}`);

const real = fc
  .tuple(
    fc.constantFrom("10.0.1.1 80", "10.0.1.2 8080", "10.0.1.3", "fd00::1 80", "fd00::2", "web 80"),
    fc.array(
      fc.oneof(
        checker,
        statement("weight", "1", ...odd),
        statement("lvs_method", "NAT", "DR", "TUN", "TUN type gre", ...odd),
        statement("uthreshold", "5", ...odd),
        statement("lthreshold", "3", ...odd),
        statement("inhibit_on_failure", "", "no", ...odd),
        statement("smtp_alert", "yes", "no"),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([server, body]) => `real_server ${server} {\n${body.join("\n")}\n}`);

const virtual = fc
  .tuple(
    fc.constantFrom(
      "10.0.0.1 80",
      "10.0.0.1",
      "10.0.0.2 53",
      "fd00:1::1 443",
      "fwmark 5",
      "group G",
    ),
    fc.array(
      fc.oneof(
        { weight: 3, arbitrary: real },
        statement("protocol", "TCP", "UDP", "SCTP", ...odd),
        statement("lvs_sched", "rr", "sh", "mh", ...odd),
        statement("sh-port", ""),
        statement("mh-fallback", ""),
        statement("flag-2", ""),
        statement("ops", ""),
        statement("lvs_method", "NAT", "DR", "TUN", ...odd),
        statement("persistence_timeout", "50", "", ...odd),
        statement("persistence_granularity", "255.255.255.0", "64", ...odd),
        statement("sorry_server", "10.0.1.9 80", "10.0.1.9", "fd00::9 80", ...odd),
        statement("sorry_server_lvs_method", "NAT", "DR", ...odd),
        statement("delay_loop", "5", ...odd),
        statement("retry", "3", ...odd),
        statement("virtualhost", "www.example.org", ...odd),
        statement("inhibit_on_failure", ""),
        statement("ip_family", "inet", "inet6"),
      ),
      { maxLength: 8 },
    ),
  )
  .map(([name, body]) => `virtual_server ${name} {\n${body.join("\n")}\n}`);

const globals = fc
  .tuple(
    statement("a@example.org", "", ...odd),
    statement("notification_email_from", "lb@example.org", ...odd),
    statement(
      "smtp_server",
      "mail.example.org",
      "mail.example.org 587",
      "fd00::9",
      "10.0.0.9 25",
      ...odd,
    ),
  )
  .map(([to, ...rest]) => `global_defs {\nnotification_email {\n${to}\n}\n${rest.join("\n")}\n}`);

const group = "virtual_server_group G {\n10.0.0.1-3 80\nfd00:1::1 443\nfwmark 5\nfwmark 5 inet6\n}";

test("whatever it says, the files load", async () => {
  const checks = await loadChecks();
  const conf = fc.tuple(globals, fc.array(virtual, { minLength: 1, maxLength: 4 }));
  await fc.assert(
    fc.asyncProperty(conf, async ([head, virtuals]) => {
      writeFileSync(join(folder, "k.conf"), [head, group, ...virtuals].join("\n"));
      const { cf, ini = "" } = await importConf(join(folder, "k.conf"), { configId: "lb1" });
      writeFileSync(join(folder, "ldirectord.cf"), cf);
      writeFileSync(join(folder, "ldirectord-ng.ini"), ini);
      const { found } = await prepare(join(folder, "ldirectord.cf"), checks);
      const mistakes = found.diagnostics.filter(isError);
      expect(mistakes.map((each) => `${each.line}: ${wordsOf(each)}`)).toEqual([]);
    }),
    { numRuns: Number(process.env["LOADS_RUNS"] ?? 300) },
  );
}, 60_000);
