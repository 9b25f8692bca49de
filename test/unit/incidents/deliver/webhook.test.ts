import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Rejected } from "../../../../src/incidents/deliver/failure.ts";
import { payloadOf, signatureOf } from "../../../../src/incidents/deliver/payload.ts";
import { post } from "../../../../src/incidents/deliver/post.ts";
import type { Notice } from "../../../../src/incidents/notice.ts";
import { testNotice } from "../../../../src/incidents/notice-of.ts";
import { Secret } from "../../../../src/model/secret.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    if ("closeAllConnections" in server) server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/T0/B0SECRET`;
}
const serving = (listener: RequestListener) => listening(createServer(listener));
const never = new AbortController().signal;
const posting = (url: string, timeoutMs = 5_000, signal = never) =>
  post({ url, body: "{}", headers: { "x-one": "1" }, timeoutMs }, signal).then(
    () => undefined,
    (error: Error) => error,
  );

test("any answer of 2xx is a success, whatever it says", async () => {
  const url = await serving((_, response) => response.writeHead(204).end());
  expect(await posting(url)).toBeUndefined();
});

test("a redirect is not followed", async () => {
  let asked = 0;
  const url = await serving((_, response) => {
    asked++;
    response.writeHead(302, { location: "/elsewhere" }).end();
  });
  expect(await posting(url)).toEqual(new Error("its answer is 302 (a redirect is not followed)"));
  expect(asked).toBe(1);
});

test.for([
  [400, true],
  [413, true],
  [401, false],
  [404, false],
  [429, false],
  [500, false],
] as const)("%i: for good is %s", async ([status, isFinal]) => {
  const url = await serving((_, response) => response.writeHead(status).end("no"));
  const failure = await posting(url);
  expect(failure?.message).toBe(`its answer is ${status}`);
  expect(failure instanceof Rejected).toBe(isFinal);
});

test("who never answers is left after the time, and at once when the daemon ends", async () => {
  const url = await listening(createTcpServer((socket) => socket.on("error", () => {})));
  expect((await posting(url, 50))?.message).toBe("no answer within 0.05 s");
  const ending = new AbortController();
  const left = posting(url, 60_000, ending.signal);
  ending.abort();
  expect((await left)?.message).toBe("ldirectord has ended");
});

test("an answer without end is not read", async () => {
  const gone = new Promise<void>((resolve) => {
    void serving((_, response) => {
      const more = () => {
        while (response.write("x".repeat(65_536)));
      };
      response.on("close", resolve).on("drain", more);
      more();
    }).then((url) => posting(url));
  });
  await gone;
});

test("no failure names the URL, which may be as good as a password", async () => {
  const url = await listening(createTcpServer((socket) => socket.destroy()));
  expect(String(await posting(url))).not.toContain("B0SECRET");
  expect(String(await posting("http://127.0.0.1:1/T0/B0SECRET"))).not.toContain("B0SECRET");
});

const teller = { alert: "ops", director: "lb1", instance: "ldirectord" };
const notice: Notice = {
  ...testNotice(teller, Date.UTC(2026, 10, 30)),
  ...{ event: "opened", topic: "servers", title: "Down: a <b> & c", incident: "i1", id: "i1.0" },
};

test("a chat gets a text, in which nothing is markup", () => {
  const { text } = JSON.parse(payloadOf(notice, "slack", 600_000));
  expect(text.split("\n")[0]).toBe("Down: a &lt;b&gt; &amp; c");
});

test("Alertmanager gets an alert that ends when it is closed, or when nobody tells of it any more", () => {
  const alertOf = (more: object) =>
    JSON.parse(payloadOf({ ...notice, ...more }, "alertmanager", 600_000));
  const [open] = alertOf({});
  expect(open).toMatchObject({
    labels: {
      ...{ alertname: "LdirectordIncident", alert: "ops", incident: "i1", topic: "servers" },
      ...{ director: "lb1", instance: "ldirectord" },
    },
    annotations: { severity: "warning", summary: "Down: a <b> & c" },
    startsAt: "2026-11-30T00:00:00.000Z",
    endsAt: "2026-11-30T00:30:00.000Z",
  });
  const closedAt = "2026-11-30T00:05:00.000Z";
  const [closed] = alertOf({ event: "closed", severity: "error", closedAt });
  expect(closed.labels).toEqual(open.labels);
  expect(closed.endsAt).toBe(closedAt);
});

test("a signature is of the time and the body", () => {
  const secret = new Secret("s3cret");
  // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac s3cret
  expect(signatureOf('{"a":1}', secret, 1_700_000_000)).toEqual({
    "x-ldirectord-timestamp": "1700000000",
    "x-ldirectord-signature":
      "sha256=1698a50bc74d1ff1db85c4e0a5297c2ad9fdba245d5737cdb789e4cc6e098940",
  });
});
