/** What an operator is told of servers that misbehave: real ones, through a daemon and `ldirectorctl explain`. */
import { expect, test } from "vitest";
import type { Explanation } from "../../../src/status/explain.ts";
import { ControlledDaemon, virtualText } from "../../support/controlled-daemon.ts";
import { behavioursOf, saidOf } from "./probe.ts";
import { badServers } from "./rig.ts";
import { table } from "./table.ts";

const rig = badServers();

test.for(["http", "https"] as const)(
  "explain names the true cause of each bad %s server",
  async (service) => {
    const row = table[service];
    if (row === undefined) throw new Error(`no row ${service}`);
    const known = row;
    const { conversation, transport, isTls = false } = row;
    const plan = { conversation, transport } as const;
    // Where a redirect leads is somebody who is right.
    await using other = await rig.host.open({
      ...plan,
      address: "127.0.0.2",
      behaviour: "early close",
    });
    const redirectTo = `http://127.0.0.2:${other.endpoint.port}/`;
    // Its request has to be too long for a window, and no line of a file is.
    const all = behavioursOf(row).filter((each) => each !== "zero window");
    // A few at a time: all together, one that never ends takes another's time.
    for (let from = 0; from < all.length; from += 5) await explained(all.slice(from, from + 5));

    async function explained(behaviours: typeof all): Promise<void> {
      const opened = [];
      for (const behaviour of behaviours) {
        const isChain = behaviour === "certificate chain of 100 kB";
        const tls = isChain ? rig.certificates.huge : rig.certificates.good;
        const server = await rig.host.open({
          ...plan,
          address: "127.0.0.1",
          behaviour,
          redirectTo,
          ...(isTls && { tls }),
        });
        opened.push({ behaviour, real: `127.0.0.1:${server.endpoint.port}`, server });
      }
      // As in behaviours.test.ts: who is to be silent is not waited for, who is to answer has the time for it.
      const secondsFor = (behaviour: (typeof all)[number]) =>
        saidOf(known, behaviour).includes("timeout") ? 1 : 10;
      const cf = opened.map(({ behaviour, real }, i) =>
        virtualText(
          1000 + i,
          [
            `real=${real} masq`,
            `service=${service}`,
            'receive="Test Page"',
            `negotiatetimeout=${secondsFor(behaviour)}`,
          ].join("\n"),
        ),
      );
      await using it = await ControlledDaemon.start(cf.join(""));
      for (const { behaviour, real, server } of opened) {
        const { rows } = JSON.parse((await it.ctl(["explain", real, "--json"])).out);
        const [{ cause, results }] = rows as [Explanation];
        expect(saidOf(known, behaviour), behaviour).toContain(cause);
        expect(results[0]?.result, behaviour).toBe(cause);
        await server[Symbol.asyncDispose]();
      }
    }
  },
);
