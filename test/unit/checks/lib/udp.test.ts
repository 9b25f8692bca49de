import { createSocket } from "node:dgram";
import { describe, expect, test } from "vitest";
import { isLocalFault, verdictOf } from "../../../../checks/lib/fault.ts";
import { DownNow } from "../../../../checks/lib/stream/dialogue.ts";
import { againEvery, askUdp, type Question } from "../../../../checks/lib/udp.ts";
import { type Endpoint, familyOf } from "../../../../src/model/address.ts";
import { loopbacks } from "../../../support/servers/scripted.ts";
import { refusingUdp, servingUdp } from "../../../support/servers/scripted-udp.ts";
import { eventually, openSockets } from "../probing.ts";

const never = new AbortController().signal;

const ask = (
  target: Endpoint,
  changes: Partial<Question<string>> = {},
  signal: AbortSignal = never,
): Promise<string> =>
  askUdp(target, signal, {
    ask: () => Buffer.from("hello"),
    read: (datagram) => datagram.toString(),
    ...changes,
  });

describe.for(loopbacks)("on %s", (address) => {
  test("the answer is what the reader makes of the datagram", async () => {
    await using server = await servingUdp(address, (datagram) => [`${datagram}, you`]);
    expect(await ask(server.endpoint)).toBe("hello, you");
  });

  test("the question knows our own end", async () => {
    await using server = await servingUdp(address, (datagram) => [datagram]);
    const local = await ask(server.endpoint, {
      ask: (end) => Buffer.from(JSON.stringify(end)),
    });
    expect(JSON.parse(local)).toEqual({ address, port: expect.any(Number) });
  });

  test("a port where nobody listens is refused at once, with its address", async () => {
    const target = await refusingUdp(address);
    const error: unknown = await ask(target).catch((reason: unknown) => reason);
    const host = familyOf(address) === 6 ? `[${address}]` : address;
    expect(verdictOf(error)).toEqual({
      up: false,
      reason: "refused",
      detail: `connection refused (${host}:${target.port})`,
    });
  });
});

test("a datagram that is no answer is passed over", async () => {
  await using server = await servingUdp("127.0.0.1", () => ["late", "late", "right"]);
  const read = (datagram: Buffer) => (`${datagram}` === "late" ? undefined : `${datagram}`);
  expect(await ask(server.endpoint, { read })).toBe("right");
});

test("what the reader throws is the outcome", async () => {
  await using server = await servingUdp("127.0.0.1", () => ["nonsense"]);
  const read = () => {
    throw new DownNow("protocol", "nonsense");
  };
  await expect(ask(server.endpoint, { read })).rejects.toThrow("nonsense");
});

test("a flood of what is no answer is left behind: the question goes out from another port", async () => {
  const junk = Array.from({ length: 400 }, () => "junk");
  await using server = await servingUdp("127.0.0.1", (_question, index) =>
    index === 0 ? junk : [...junk.slice(0, 20), "right"],
  );
  const ports = new Set<number>();
  const answer = await ask(server.endpoint, {
    ask: ({ port }) => {
      ports.add(port);
      return Buffer.from("hello");
    },
    read: (datagram) => (`${datagram}` === "right" ? "right" : undefined),
  });
  expect(answer).toBe("right");
  expect(ports.size).toBe(2);
});

test.for<[what: string, size: number]>([
  ["small datagrams", 1],
  ["large ones", 32 * 1024],
])(
  "a server that never stops talking, in %s, is read to a limit, and then silent",
  async ([, size]) => {
    const babble = Array.from({ length: 300 }, () => Buffer.alloc(size));
    await using server = await servingUdp("127.0.0.1", () => babble);
    const before = openSockets().length;
    const controller = new AbortController();
    let datagrams = 0;
    let bytes = 0;
    const outcome = ask(
      server.endpoint,
      {
        againEveryMs: 20,
        read: (datagram) => {
          datagrams++;
          bytes += datagram.length;
          return undefined;
        },
      },
      controller.signal,
    );
    outcome.catch(() => {});
    expect(await eventually(() => datagrams > 0 && openSockets().length <= before, 5000)).toBe(
      true,
    );
    expect(datagrams).toBeLessThanOrEqual(4 * 128);
    expect(bytes).toBeLessThanOrEqual(4 * (128 + 32) * 1024);
    controller.abort(new Error("the deadline"));
    await expect(outcome).rejects.toThrow("the deadline");
  },
);

test("when no answer comes for long, there may be something to say", async () => {
  await using server = await servingUdp("127.0.0.1", () => ["junk"]);
  let junk: string | undefined;
  const read = (datagram: Buffer) => {
    junk = `${datagram}`;
    return undefined;
  };
  const giveUp = { afterMs: 20, say: () => junk };
  expect(await ask(server.endpoint, { read, giveUp })).toBe("junk");

  const controller = new AbortController();
  const nothing = ask(
    server.endpoint,
    { read: () => undefined, giveUp: { afterMs: 1, say: () => undefined } },
    controller.signal,
  );
  setTimeout(() => controller.abort(new Error("the deadline")), 30);
  await expect(nothing).rejects.toThrow("the deadline");
});

test("one refusal may be forged: the answer to the question still counts", async () => {
  // A server that begins to listen just after the first question met with a closed port.
  const target = await refusingUdp("127.0.0.1");
  const late = createSocket("udp4");
  let questions = 0;
  const answer = ask(target, {
    ask: () => {
      if (questions++ === 0) setTimeout(() => late.bind(target.port, target.address), 10);
      return Buffer.from("hello");
    },
  });
  late.on("message", (datagram, { port, address }) => late.send(datagram, port, address));
  expect(await answer).toBe("hello");
  expect(questions).toBe(2);
  await new Promise<void>((resolve) => late.close(resolve));
});

test("without an answer it asks again, and tells which attempt it is", async () => {
  await using server = await servingUdp("127.0.0.1", (datagram, index) =>
    index < 2 ? [] : [datagram],
  );
  const answer = await ask(server.endpoint, {
    ask: (_local, attempt) => Buffer.from(`attempt ${attempt}`),
    againEveryMs: 10,
  });
  expect(answer).toBe("attempt 2");
});

test("after an answer no timer is left to ask again", async () => {
  await using server = await servingUdp("127.0.0.1", (datagram) => [datagram]);
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  await ask(server.endpoint, { againEveryMs: 60_000 });
  expect(timers()).toBeLessThanOrEqual(before);
});

test("it asks once when not told to ask again", async () => {
  await using server = await servingUdp("127.0.0.1", () => []);
  const controller = new AbortController();
  const outcome = ask(server.endpoint, {}, controller.signal);
  outcome.catch(() => {});
  await eventually(() => server.asked.length > 0);
  setTimeout(() => controller.abort(new Error("cut")), 50);
  await expect(outcome).rejects.toThrow("cut");
  expect(server.asked).toHaveLength(1);
});

test.for([0, 1, 2])(
  "nothing stays open after an abort, %d turns after the start",
  async (turns) => {
    await using server = await servingUdp("127.0.0.1", () => []);
    const before = openSockets().length;
    const controller = new AbortController();
    const reason = new Error("cut");
    const outcome = ask(server.endpoint, { againEveryMs: 5 }, controller.signal);
    outcome.catch(() => {});
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(reason);
    await expect(outcome).rejects.toBe(reason);
    expect(await eventually(() => openSockets().length <= before)).toBe(true);
  },
);

test("nothing stays open after an answer or a refusal", async () => {
  await using server = await servingUdp("127.0.0.1", (datagram) => [datagram]);
  const gone = await refusingUdp("127.0.0.1");
  const before = openSockets().length;
  await ask(server.endpoint);
  await ask(gone).catch(() => {});
  expect(await eventually(() => openSockets().length <= before)).toBe(true);
});

test("it rejects with the reason of a signal that was aborted before", async () => {
  const reason = new Error("cut");
  const outcome = ask({ address: "127.0.0.1", port: 9 }, {}, AbortSignal.abort(reason));
  await expect(outcome).rejects.toBe(reason);
});

test("what the kernel forbids before anything is sent is our own trouble", async () => {
  // A broadcast, on a socket that was not opened for one.
  const target = { address: "255.255.255.255", port: 9 };
  const error: unknown = await ask(target).catch((reason: unknown) => reason);
  expect(isLocalFault(error)).toBe("EACCES");
});

test("a question is sent at most four times within a probe's time", () => {
  expect(againEvery(5000) * 4).toBeGreaterThanOrEqual(5000);
  expect(againEvery(1)).toBe(1);
});
