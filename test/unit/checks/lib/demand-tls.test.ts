import { expect, test } from "vitest";
import { demandingTls } from "../../../../checks/lib/stream/demand-tls.ts";
import { loadChecks } from "../../../../checks/registry.ts";
import { Secret } from "../../../../src/model/secret.ts";
import { settings } from "../probing.ts";

const checks = await loadChecks();
const withPassword = settings({
  login: "check",
  passwd: new Secret("geheim"),
  request: "SELECT 1",
});

test("what sends its password in the clear stays down, and names what does not", () => {
  const demanding = demandingTls(checks, ["imap", "ldap", "pop"]);
  for (const name of ["imap", "ldap", "pop"]) {
    expect(demanding.byService(name)?.prepare(withPassword)).toEqual({
      ok: true,
      value: { staysDown: expect.stringContaining(`service=${name}s`) },
    });
    expect(demanding.byService(name)?.prepare(settings())).toMatchObject({
      value: { probe: expect.any(Function) },
    });
    expect(demanding.byService(`${name}s`)).toBe(checks.byService(`${name}s`));
  }
});

test("what can keep it to itself is told to, and is another probe", () => {
  const demanding = demandingTls(checks, ["mysql", "pgsql"]);
  for (const name of ["mysql", "pgsql"]) {
    const [plain, strict] = [checks, demanding].map((all) =>
      all.byService(name)?.prepare(withPassword),
    );
    expect(strict).toMatchObject({ ok: true, value: { probeKey: expect.any(String) } });
    expect(JSON.stringify(strict)).not.toBe(JSON.stringify(plain));
  }
});

test("nothing is changed unless it is asked for", () => {
  expect(demandingTls(checks, [])).toBe(checks);
  expect(demandingTls(checks, ["mysql"]).byService("pop")).toBe(checks.byService("pop"));
});
