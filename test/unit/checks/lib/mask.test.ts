import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { down, type Verdict } from "../../../../checks/check.ts";
import { masked } from "../../../../checks/lib/mask.ts";
import { serverWords, textWords } from "../../../../checks/lib/server-words.ts";
import { Secret } from "../../../../src/model/secret.ts";

const password = `g"h/im'ß? 7`;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const told = async (
  detail: string,
  confidences: Parameters<typeof masked>[0] = { passwd: new Secret(password), login: "monitor" },
  monitored?: string,
): Promise<Verdict> =>
  masked(confidences, {
    timeoutMs: 1,
    probeKey: "",
    probe: async () => ({
      ...down("auth", detail),
      ...(monitored === undefined ? {} : { monitored }),
    }),
  }).probe({ address: "", port: 0 }, new AbortController().signal);

test.for<[what: string, form: string]>([
  ["in plain", password],
  ["in capitals", password.toUpperCase().replace("SS", "ß")],
  ["quoted", password.replaceAll('"', '\\"')],
  ["quoted as SQL has it", password.replaceAll("'", "''")],
  ["in a URL", encodeURIComponent(password)],
  ["in hex", Buffer.from(password).toString("hex").toUpperCase()],
  ["in base64", base64(password)],
  ["of AUTH PLAIN", base64(`\0monitor\0${password}`)],
  ["of AUTH PLAIN for another", base64(`x\0monitor\0${password}`)],
  ["of Basic", base64(`monitor:${password}`)],
  ["as MD5", createHash("md5").update(password).digest("hex")],
  ["as PostgreSQL keeps it", `md5${createHash("md5").update(`${password}monitor`).digest("hex")}`],
])("the password %s is not told", async ([, form]) => {
  const { detail } = await told(`you said ${form}, no`, undefined, `page: ${form}`);
  expect(detail).toMatch(/^you said (md5)?\S{0,30}\[secret\]\S{0,4}, no$/);
  expect(serverWords(Buffer.from(form).toString("latin1"), new Secret(password))).toMatch(
    /password in it|^md5/,
  );
});

test("what goes to a monitorfile is masked as well, and what is thrown", async () => {
  expect((await told("no", { passwd: new Secret("geheim!") }, "<p>geheim!</p>")).monitored).toBe(
    "<p>[secret]</p>",
  );
  const fails = masked(
    { passwd: new Secret("geheim!") },
    {
      timeoutMs: 1,
      probeKey: "",
      probe: async () => {
        throw new Error("unexpected geheim!");
      },
    },
  );
  const error: unknown = await fails
    .probe({ address: "", port: 0 }, new AbortController().signal)
    .catch((reason: unknown) => reason);
  expect((error as Error).message).toBe("unexpected [secret]");
  expect((error as Error).stack).not.toContain("geheim");
});

test("a text that was cut within it does not tell its beginning", async () => {
  expect((await told("you said gehei…", { passwd: new Secret("geheim!") })).detail).toBe(
    "you said [secret]…",
  );
});

test("the secret of a URL and of RADIUS is masked too", async () => {
  const request = "http://monitor:s3%20cret@www.example.org/";
  expect(
    (await told("s3 cret, s3%20cret, shared", { request, secret: new Secret("shared") })).detail,
  ).toBe("[secret], [secret], [secret]");
});

test("without a secret, or where it is not said, every word stays", async () => {
  expect((await told("1 row", {})).detail).toBe("1 row");
  expect((await told("1 row", { passwd: new Secret("") })).detail).toBe("1 row");
  expect((await told("535 no such user")).detail).toBe("535 no such user");
});

test("a short one hides the whole reply in which it stands", () => {
  expect(textWords("bad password x1", new Secret("x1"))).toBe("(a reply with the password in it)");
  expect(textWords("bad password", new Secret("x1"))).toBe("bad password");
});
