import { afterEach, expect, test } from "vitest";
import { ControlledDaemon, virtualText } from "../../../support/controlled-daemon.ts";
import { answering, refusing, type ScriptedServer } from "../../../support/servers/scripted.ts";

let it: ControlledDaemon;
let server: ScriptedServer | undefined;
afterEach(async () => {
  await it[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  server = undefined;
});

test("says why it is out, what would bring it back, where it stands, and what was said", async () => {
  const reply = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";
  server = await answering("127.0.0.1", reply);
  const real = `127.0.0.1:${server.endpoint.port}`;
  const directives = [
    `real=${real} masq 5`,
    "service=http",
    'request="index.html"',
    'receive="OK"',
  ];
  it = await ControlledDaemon.start(virtualText(80, directives.join("\n")));
  const { code, out } = await it.ctl(["explain", real]);
  expect(code).toBe(0);
  const lines = out.split("\n");
  expect(lines[0]).toBe(`${real} in tcp:127.0.0.1:80:`);
  expect(lines[1]).toMatch(/^ {2}It is down since .*\. Its check \(.*\) says status: .*503/);
  expect(out).toContain(
    "\n  To change that: One good check brings it back; it is asked every 10 s.\n",
  );
  expect(out).toContain(`\n  In the file: ${it.cf}:2\n  In the table: no row\n`);
  expect(out).toMatch(/\n {2}Its last results, newest first:\n {4}.* \d+ ms {2}status: .*503.*\n/);
  expect(out).toContain("\n      > GET /index.html HTTP/1.1⏎ ");
  expect(out).toContain("\n      < HTTP/1.1 503 Service Unavailable⏎ ");
});

test("on a terminal it fits", async () => {
  const { endpoint } = await refusing("127.0.0.1");
  const real = `127.0.0.1:${endpoint.port}`;
  it = await ControlledDaemon.start(virtualText(80, `real=${real} masq\nchecktype=connect`));
  const { out } = await it.ctl(["explain", real], { columns: 60 });
  for (const line of out.split("\n")) {
    if (!line.includes(it.folder)) expect(line.length, line).toBeLessThanOrEqual(60);
  }
  expect(
    out
      .split("\n")
      .slice(1, -1)
      .every((line) => line.startsWith("  ")),
  ).toBe(true);
});

test("a server without a port, or only in one virtual service; --json is the same", async () => {
  const reals = "real=127.0.0.2:80 masq 5\nchecktype=on";
  it = await ControlledDaemon.start(virtualText(80, reals) + virtualText(81, reals));
  const both = JSON.parse((await it.ctl(["explain", "127.0.0.2", "--json"])).out);
  expect(both).toMatchObject({
    version: 1,
    rows: [
      { service: "tcp:127.0.0.1:80", server: "127.0.0.2:80", cause: "fixed", place: `${it.cf}:2` },
      { service: "tcp:127.0.0.1:81" },
    ],
  });
  const one = await it.ctl(["explain", "127.0.0.2:80", "127.0.0.1:81"]);
  expect(one.out).toMatch(/^127\.0\.0\.2:80 in tcp:127\.0\.0\.1:81:\n/);
  expect(one.out.match(/ in tcp:/g)).toHaveLength(1);
});

test("one that there is not is 1, and told", async () => {
  it = await ControlledDaemon.start(virtualText(80, "real=127.0.0.2:80 masq\nchecktype=on"));
  const { code, out, err } = await it.ctl(["explain", "127.0.0.3:80"]);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toBe('no real server is 127.0.0.3:80; did you mean "127.0.0.2:80"?\n');
  expect((await it.ctl(["explain"])).code).toBe(64);
});

test("a name that has no address is told as that, and no word of a warning is taken for one", async () => {
  const lines = "real=gone.invalid:80 masq\nreal=127.0.0.2:80 masq\nchecktype=on";
  it = await ControlledDaemon.start(virtualText(80, lines));
  const { out } = await it.ctl(["explain", "gone.invalid:80"]);
  expect(out).toMatch(/^gone\.invalid:80:\n {2}gone\.invalid:80 can not be looked up now/);
  for (const word of ["real", "warning", "127.0.0.1"]) {
    expect(await it.ctl(["explain", word])).toMatchObject({ code: 1, out: "" });
  }
});
