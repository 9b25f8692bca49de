import { expect, test } from "vitest";
import { contentHash, hashOfBoth } from "../../../src/config/content-hash.ts";
import { maskedLine, runningTexts } from "../../../src/daemon/running-texts.ts";
import { Secret } from "../../../src/model/secret.ts";

const secrets = new Set(["hunter2"]);

test.for<[line: string, shown: string]>([
  ["virtual=10.0.0.1:80", "virtual=10.0.0.1:80"],
  ["", ""],
  ['\tpasswd = "hunter2"', "\tpasswd = [secret]"],
  ["\tsecret=other # the old one was x", "\tsecret=[secret]"],
  ["# passwd=of-yesterday", "# passwd=[secret]"],
  ["# the Password: is qwerty", "# the Password: [secret]"],
  ['\trequest="/login?user=a&pwd=x&y=z"', '\trequest="/login?user=a&pwd=[secret]'],
  ['\trequest="http://user:pass@10.0.0.1/x"', '\trequest="http://[secret]@10.0.0.1/x"'],
  ['\trequest="/ask?key=hunter2"', '\trequest="/ask?key=[secret]"'],
  ["emailalert=ops@example.org", "emailalert=ops@example.org"],
])("%s", ([line, shown]) => {
  expect(maskedLine(line, secrets)).toBe(shown);
});

const ready = (cf: string, ini?: string, passwd?: string) => ({
  config: {
    path: "/etc/ha.d/web.cf",
    virtuals: passwd === undefined ? [] : [{ passwd: new Secret(passwd) }],
  } as unknown as Parameters<typeof runningTexts>[0]["config"],
  hash: hashOfBoth(contentHash(Buffer.from(cf)), ini && contentHash(Buffer.from(ini))),
  bytes: Buffer.from(cf),
  ...(ini !== undefined && { iniBytes: Buffer.from(ini) }),
});

test("both files, by their names, without a password of theirs", async () => {
  const cf = "checkinterval=5\nrequest=/?k=opensesame\r\n";
  const texts = await runningTexts(ready(cf, "[table]\n", "opensesame"));
  expect(texts.map(({ name, lines }) => [name, lines])).toEqual([
    ["web.cf", ["checkinterval=5", "request=/?k=[secret]\r"]],
    ["ldirectord-ng.ini", ["[table]"]],
  ]);
});

test("the fingerprint is the same for the same bytes, another for others, and no plain hash", async () => {
  const [one, same, other] = await Promise.all(
    ["passwd=a\n", "passwd=a\n", "passwd=b\n"].map((cf) => runningTexts(ready(cf))),
  );
  expect(one).toEqual(same);
  expect(other?.[0]?.lines).toEqual(one?.[0]?.lines);
  expect(other?.[0]?.fingerprint).not.toBe(one?.[0]?.fingerprint);
  expect(one?.[0]?.fingerprint).not.toBe(contentHash(Buffer.from("passwd=a\n")));
});
