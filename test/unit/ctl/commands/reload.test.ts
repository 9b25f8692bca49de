import { afterEach, beforeEach, expect, test } from "vitest";
import { ControlledDaemon, virtualText } from "../../../support/controlled-daemon.ts";

let it: ControlledDaemon;
const service = (port: number, weight = 5) =>
  virtualText(port, `real=127.0.0.2:80 masq ${weight}\nchecktype=on`);
beforeEach(async () => {
  it = await ControlledDaemon.start(service(80) + service(81));
});
afterEach(() => it[Symbol.asyncDispose]());

test("says what has changed, and that nothing has", async () => {
  expect(await it.ctl(["reload"])).toEqual({ code: 0, out: "nothing has changed\n", err: "" });
  it.write(`${service(80, 6)}${service(82)}`);
  expect(await it.ctl(["reload", "--wait"])).toEqual({
    code: 0,
    out: [
      "+ virtual service 127.0.0.1:82",
      "- virtual service 127.0.0.1:81",
      "+ real server 127.0.0.2:80 (127.0.0.1:82)",
      "~ real server 127.0.0.2:80 (127.0.0.1:80)",
      "- real server 127.0.0.2:80 (127.0.0.1:81)",
      "",
    ].join("\n"),
    err: "",
  });
  expect(await it.rows()).toEqual(["127.0.0.2:80 5", "127.0.0.2:80 6"]);
});

test("with mistakes it is 2, each with its place, and the one before runs on", async () => {
  it.write(`${service(80, 6)}nonsense\n`);
  const { code, out, err } = await it.ctl(["reload"]);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain(`${it.cf}:4:1: `);
  expect(err.endsWith("\nthe configuration before it runs on, unchanged\n")).toBe(true);
  expect(await it.rows()).toEqual(["127.0.0.2:80 5", "127.0.0.2:80 5"]);
});

test("--json is what became of it", async () => {
  it.write(service(80));
  const { reload } = JSON.parse((await it.ctl(["reload", "--json"])).out);
  expect(reload).toMatchObject({
    worked: true,
    problems: [],
    changes: { services: { removed: { count: 1, names: ["127.0.0.1:81"] } } },
  });
});

test("of very many changes the first are named, and the others counted", async () => {
  it.write(Array.from({ length: 60 }, (_, i) => service(1000 + i)).join(""));
  const { out } = await it.ctl(["reload"]);
  expect(out).toContain("\n+ and 10 more\n");
  expect(out.split("\n").filter((line) => line.startsWith("+ virtual"))).toHaveLength(50);
});
