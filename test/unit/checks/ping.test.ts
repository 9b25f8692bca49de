/**
 * The loopback addresses answer every ping, so a host that stays silent is played by a socket of our
 * own making (an `Opener`): it carries what is sent nowhere, or answers wrongly.
 */
import { describe, expect, test } from "vitest";
import { isLocalFault } from "../../../checks/lib/fault.ts";
import { createPinger, type Opener } from "../../../checks/lib/icmp/pinger.ts";
import { Run } from "../../../checks/lib/run-signal.ts";
import ping from "../../../checks/ping.ts";
import { addressToBytes, bytesToAddress } from "../../../src/model/address.ts";
import { errnoOf, LibcError } from "../../../src/native/errno.ts";
import { loopbacks } from "../../support/servers/scripted.ts";
import { eventually, openSockets, outcome, prepared, verdict, word } from "./probing.ts";

const never = new AbortController().signal;

interface Sent {
  readonly address: string;
  readonly sequence: number;
  readonly data: Buffer;
}

/** A network in which `behave` says what comes back. */
function network(behave: (sent: Sent, reply: (from: string, data: Buffer) => void) => void) {
  const seen: Sent[] = [];
  let opened = 0;
  let closed = 0;
  const open: Opener = (family, onReply) => {
    opened++;
    return {
      kind: "raw",
      send: (to, sequence, data) => {
        const bytes = family === 4 ? to.subarray(4, 8) : to.subarray(8, 24);
        const sent = { address: bytesToAddress(bytes), sequence, data: Buffer.from(data) };
        seen.push(sent);
        behave(sent, (from, said) => setImmediate(onReply, addressToBytes(from), said));
        return data.length;
      },
      close: () => {
        closed++;
      },
    };
  };
  return { open, seen, counts: () => ({ opened, closed }) };
}

for (const address of loopbacks) {
  test(`${address} answers`, async () => {
    const said = await verdict(ping, { address, port: 0 });
    expect(said).toEqual({ up: true, detail: "echo reply" });
  });

  test(`two hundred at once share one socket, each hears its own, on ${address}`, async () => {
    const before = openSockets().length;
    const probe = prepared(ping);
    const said = await Promise.all(
      Array.from({ length: 200 }, () => outcome(probe, { address, port: 0 })),
    );
    expect(said.every((result) => word(result) === "up")).toBe(true);
    expect(await eventually(() => openSockets().length <= before)).toBe(true);
  });
}

test("an address our own host may not ping gives no verdict", async () => {
  const result = await outcome(prepared(ping), { address: "255.255.255.255", port: 0 });
  expect(word(result)).toBe("no verdict");
  expect(isLocalFault(result.error)).toMatch(/^(EACCES|ENETUNREACH)$/);
});

describe("a host that does not answer", () => {
  test("is asked checkcount times, checktimeout apart, and the probe lasts until it is cut", async () => {
    const { open, seen } = network(() => {});
    const controller = new AbortController();
    const asked = createPinger(open).ping(
      { address: "192.0.2.5", port: 0 },
      3,
      20,
      controller.signal,
    );
    const started = performance.now();
    setTimeout(() => controller.abort(new Error("deadline")), 120);
    await expect(asked).rejects.toThrow("deadline");
    expect(performance.now() - started).toBeLessThan(400);
    expect(seen.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(seen.every(({ data }) => data.length === 56)).toBe(true);
  });

  test("is up when a later attempt is answered", async () => {
    const { open } = network(({ address, sequence, data }, reply) => {
      if (sequence === 2) reply(address, data);
    });
    expect(
      await createPinger(open).ping({ address: "192.0.2.5", port: 0 }, 3, 10, never),
    ).toBeGreaterThan(0);
  });
});

describe("a reply counts only", () => {
  test.for<[string, (sent: Sent) => [from: string, data: Buffer]]>([
    ["from the host that was asked", ({ data }) => ["192.0.2.6", data]],
    ["with our token in it", ({ address }) => [address, Buffer.alloc(64)]],
    ["when it is whole", ({ address, data }) => [address, data.subarray(0, 4)]],
  ])("%s", async ([, wrongly]) => {
    const { open } = network((sent, reply) => reply(...wrongly(sent)));
    const controller = new AbortController();
    const asked = createPinger(open).ping(
      { address: "192.0.2.5", port: 0 },
      1,
      1000,
      controller.signal,
    );
    setTimeout(() => controller.abort(new Error("deadline")), 50);
    await expect(asked).rejects.toThrow("deadline");
  });

  test("in whatever spelling its sender is written in the file", async () => {
    const { open } = network(({ address, data }, reply) => reply(address, data));
    const target = { address: "2001:0db8:0:0:0:0:0:0005", port: 0 };
    expect(await createPinger(open).ping(target, 1, 1000, never)).toBeGreaterThan(0);
  });

  test.for([[0], [3], [4], [15]] as const)("with each byte of it: %s is another", async ([at]) => {
    const { open, seen } = network(({ address, data }, reply) => {
      const wrong = Buffer.from(data);
      wrong[at] = (data[at] ?? 0) ^ 1;
      reply(address, wrong);
      if (seen.length > 1) reply(address, data);
    });
    await createPinger(open).ping({ address: "192.0.2.5", port: 0 }, 2, 5, never);
    expect(seen.map(({ sequence }) => sequence)).toEqual([1, 2]);
  });
});

// Their tokens are drawn 256 at a time.
test("of hundreds under way each hears its own", async () => {
  const held: (() => void)[] = [];
  const { open } = network(({ address, data }, reply) => {
    held.push(() => reply(address, data));
    if (held.length === 600) for (const answer of held) answer();
  });
  const pinger = createPinger(open);
  const target = { address: "192.0.2.5", port: 0 };
  const said = await Promise.all(
    Array.from({ length: 600 }, () => pinger.ping(target, 1, 1000, new Run())),
  );
  expect(said.filter((elapsedMs) => elapsedMs !== undefined)).toHaveLength(600);
});

describe("the socket of a family", () => {
  test("stays open for the next", async () => {
    const { open, counts } = network(({ address, data }, reply) => reply(address, data));
    const pinger = createPinger(open, 60_000);
    for (let i = 0; i < 3; i++)
      await pinger.ping({ address: "192.0.2.5", port: 0 }, 1, 1000, never);
    expect(counts()).toEqual({ opened: 1, closed: 0 });
  });

  test("is opened once for all under way, and closed when there are none", async () => {
    const { open, counts } = network(({ address, data }, reply) => reply(address, data));
    const pinger = createPinger(open);
    await Promise.all(
      ["192.0.2.5", "192.0.2.6", "2001:db8::5"].map((address) =>
        pinger.ping({ address, port: 0 }, 1, 1000, never),
      ),
    );
    expect(counts().opened).toBe(2);
    expect(await eventually(() => counts().closed === 2)).toBe(true);
    await pinger.ping({ address: "192.0.2.5", port: 0 }, 1, 1000, never);
    expect(counts().opened).toBe(3);
    expect(await eventually(() => counts().closed === 3)).toBe(true);
  });

  test("that cannot be opened fails every ping, each time", async () => {
    const pinger = createPinger(() => {
      throw new LibcError("socket", errnoOf("EMFILE"));
    });
    const asked = () =>
      pinger.ping({ address: "192.0.2.5", port: 0 }, 1, 1000, never).catch(isLocalFault);
    expect(await Promise.all([asked(), asked()])).toEqual(["EMFILE", "EMFILE"]);
    expect(await asked()).toBe("EMFILE");
  });

  // Its answers took all the room in the queue, and a healthy host's were lost.
  test("gives way to another when somebody answers without end, and who waits is asked again", async () => {
    let isFlooded = true;
    const { open, seen, counts } = network(({ address, data }, reply) => {
      if (!isFlooded) reply(address, data);
      if (!isFlooded) return;
      isFlooded = false;
      for (let i = 0; i < 1000; i++) reply("192.0.2.66", Buffer.alloc(56, "stray"));
    });
    expect(
      await createPinger(open).ping({ address: "192.0.2.5", port: 0 }, 1, 1000, never),
    ).toBeGreaterThan(0);
    expect(seen.map(({ sequence }) => sequence)).toEqual([1, 1]);
    expect(counts().opened).toBe(2);
    expect(await eventually(() => counts().closed === 2)).toBe(true);
  });

  test("that gives way while the last ping is cut leaves nothing open", async () => {
    const { open, counts } = network((_sent, reply) => {
      for (let i = 0; i < 300; i++) reply("192.0.2.66", Buffer.alloc(56, "stray"));
    });
    const controller = new AbortController();
    const asked = createPinger(open).ping(
      { address: "192.0.2.5", port: 0 },
      1,
      1000,
      controller.signal,
    );
    setTimeout(() => controller.abort(new Error("deadline")), 10);
    await expect(asked).rejects.toThrow("deadline");
    expect(await eventually(() => counts().opened === counts().closed)).toBe(true);
  });

  test("that we may not open leaves the answer to the program", async () => {
    const pinger = createPinger(() => undefined);
    expect(await pinger.ping({ address: "192.0.2.5", port: 0 }, 1, 1000, never)).toBeUndefined();
  });
});

test("an error of sending is the system's, with whom it was for", async () => {
  const pinger = createPinger(() => ({
    kind: "raw",
    send: () => -errnoOf("EHOSTUNREACH"),
    close: () => {},
  }));
  const target = { address: "192.0.2.5", port: 0 };
  await expect(pinger.ping(target, 1, 1000, never)).rejects.toMatchObject({
    code: "EHOSTUNREACH",
    syscall: "sendto",
    address: "192.0.2.5",
  });
});

test("it has checktimeout for each of checkcount attempts", () => {
  expect(prepared(ping, { checkTimeoutMs: 2000, checkCount: 3 }).timeoutMs).toBe(6000);
});
