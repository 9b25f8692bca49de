import { afterAll, beforeAll, expect, test } from "vitest";
import { say } from "../../lab/say.ts";
import { succeed } from "./attempt.ts";
import { begin, systemctl } from "./packages.ts";
import { both, rs2, Site } from "./site.ts";

let site: Site;
beforeAll(async () => {
  await begin("ours");
  site = await Site.open();
  await succeed("systemctl", "start", "ldirectord");
  await site.untilServers(both);
});
afterAll(async () => {
  await systemctl("stop");
  await site.close();
});

test("journalctl -x tells the story of a failure and a recovery", async () => {
  const last = await succeed("journalctl", "--lines=1", "--show-cursor");
  const here = /^-- cursor: (.*)$/m.exec(last)?.[1] ?? "";
  await site.rs1.kill();
  await site.untilServers({ [rs2]: "Masq 1" });
  await site.rs1.restart();
  await site.untilServers(both);

  const ask = ["VIRTUAL=192.168.10.101:80", `--after-cursor=${here}`, "--no-pager"];
  const story = await succeed("journalctl", ...ask, "-x");
  say(story);
  const events = (await succeed("journalctl", ...ask, "--output=cat", "--output-fields=EVENT"))
    .trim()
    .split("\n");
  expect(events).toEqual(["real-failed", "real-deleted", "soft-failures-reset", "real-added"]);
  // The catalog has something to say of each.
  expect(story.match(/^-- /gm)?.length ?? 0).toBeGreaterThan(events.length);
});
