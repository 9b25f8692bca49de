import { afterAll, beforeAll, expect, test } from "vitest";
import { attempt, type Outcome } from "./attempt.ts";
import { begin } from "./packages.ts";
import { both, configFile, Site, url } from "./site.ts";

/** As `haresources` has it: `director ldirectord::ldirectord.cf`. */
const resource = (config: string, command: string): Promise<Outcome> =>
  attempt("/etc/ha.d/resource.d/ldirectord", config, command);

let site: Site;
beforeAll(async () => {
  await begin("ours");
  site = await Site.open();
});
afterAll(async () => {
  await resource("ldirectord.cf", "stop");
  await site.close();
});

for (const name of ["ldirectord.cf", configFile]) {
  test(`resource.d/ldirectord ${name} start, status, stop`, async () => {
    expect(await resource(name, "status")).toEqual({
      code: 3,
      out: `ldirectord is stopped for ${configFile}\n`,
      err: "",
    });
    expect(await resource(name, "start")).toEqual({ code: 0, out: "", err: "" });
    await site.untilServers(both);
    expect(await site.client.spread(url, 10)).toEqual({ "This is rs1": 5, "This is rs2": 5 });
    const running = await resource(name, "status");
    expect(running).toMatchObject({ code: 0, out: "" });
    expect(running.err).toMatch(/^ldirectord for \S+ is running with pid: \d+\n$/);
    // Heartbeat gives a resource twice when it takes over what it has.
    expect(await resource(name, "start")).toEqual({ code: 0, out: "", err: "" });
    expect((await resource(name, "status")).err).toBe(running.err);
    expect(await resource(name, "stop")).toEqual({ code: 0, out: "", err: "" });
    expect(await site.table()).toEqual({});
    expect(await resource(name, "stop")).toEqual({ code: 0, out: "", err: "" });
    expect((await resource(name, "status")).code).toBe(3);
  });
}
