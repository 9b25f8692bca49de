import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Spread } from "./client.ts";
import { Lab, type LabSetting } from "./lab.ts";

export interface Story {
  readonly setting: LabSetting;
  /** The configuration, as the user wrote it. */
  readonly file: string;
  /** As ipvsadm names it: `TCP 192.168.10.101:80`. */
  readonly service: string;
  /** What ipvsadm shows after the service: scheduler and flags. */
  readonly settings: string;
  /** rs1 and rs2 as ipvsadm shows them, with their share of three or two requests. */
  readonly rs1: readonly [address: string, row: string, share: number];
  readonly rs2: readonly [address: string, row: string, share: number];
  /** Its address; the kernel shows any on the director itself as Route, with weight 1. */
  readonly fallback: string;
  /** Each is asked, and must give the same. */
  readonly urls: readonly string[];
  /** What the server named says. */
  readonly says?: (name: string) => string;
  /** Asks so many times; by default one client does. */
  readonly ask?: (lab: Lab, url: string, count: number) => Promise<Spread>;
}

/**
 * The tests every lab has in common: servers share the work as their weights say, die one after the other, and return.
 * Returns how to reach the lab, for further tests of one lab; they run after these, before the daemon stops.
 */
export function tellStory(story: Story): () => Lab {
  const { rs1, rs2, fallback, service } = story;
  const says = story.says ?? ((name: string) => `This is ${name}`);
  const ask = story.ask ?? ((it: Lab, url: string, count: number) => it.client.spread(url, count));
  let opened: Lab | undefined;
  const lab = (): Lab => {
    if (!opened) throw new Error("the lab did not open");
    return opened;
  };

  async function expectSpread(count: number, shares: Readonly<Record<string, number>>) {
    const wanted = Object.entries(shares).map(([name, share]) => [says(name), share]);
    for (const url of story.urls) {
      expect(await ask(lab(), url, count), url).toEqual(Object.fromEntries(wanted));
    }
  }

  async function expectBothShare(): Promise<void> {
    await lab().untilServers(service, { [rs1[0]]: rs1[1], [rs2[0]]: rs2[1] });
    // After a change of its servers wrr's first round may be cut short.
    for (const url of story.urls) await ask(lab(), url, rs1[2] + rs2[2]);
    const unit = 30 / (rs1[2] + rs2[2]);
    await expectSpread(30, { rs1: rs1[2] * unit, rs2: rs2[2] * unit });
  }

  beforeAll(async () => {
    opened = await Lab.open(story.setting);
    opened.startDaemon(story.file);
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") await lab().printReport();
  });

  afterAll(async () => {
    await opened?.close();
  });

  test("both servers enter the table and share the requests as their weights say", async () => {
    await expectBothShare();
    expect((await lab().table())[service]?.settings).toBe(story.settings);
  });

  test("a server that dies leaves the table, and no request fails after that", async () => {
    await lab().rs2.kill();
    await lab().untilServers(service, { [rs1[0]]: rs1[1] });
    await expectSpread(10, { rs1: 10 });
  });

  test("when both are dead, the sorry server answers", async () => {
    await lab().rs1.kill();
    await lab().untilServers(service, { [fallback]: "Route 1" });
    await expectSpread(6, { "the sorry server": 6 });
  });

  test("servers that return share the work again, and the sorry server has left", async () => {
    await Promise.all([lab().rs1.restart(), lab().rs2.restart()]);
    await expectBothShare();
  });

  return lab;
}

/** To be called last in the file: stops the daemon as an operator does. */
export function tellTheEnd(lab: () => Lab): void {
  test("stop takes the services out of the kernel", async () => {
    expect(await lab().daemon.stop()).toBe(0);
    expect(await lab().table()).toEqual({});
  });
}
