/** Against this machine's own kernel: generic netlink's controller answers everybody, and changes nothing. */
import { afterEach, expect, test } from "vitest";
import { NetlinkError } from "../../../src/errors.ts";
import { LibcError } from "../../../src/native/errno.ts";
import { type Libc, loadLibc } from "../../../src/native/libc.ts";
import { readUInt32Host, SO_RCVBUFFORCE, writeUInt32Host } from "../../../src/native/sockaddr.ts";
import { u16Attribute } from "../../../src/netlink/attributes.ts";
import { findFamily } from "../../../src/netlink/genl.ts";
import {
  decodeMessages,
  encodeMessage,
  genericPayload,
  NLMSG_DONE,
  NLMSG_ERROR,
} from "../../../src/netlink/message.ts";
import { maxBatch, NETLINK_GENERIC, NetlinkSocket } from "../../../src/netlink/socket.ts";

const loaded = loadLibc();
if (loaded === undefined) throw new Error("koffi does not load here");
const libc: Libc = loaded;

const controller = 16;
/** Asks for the controller itself: done, and its answer is of no interest to `batch`. */
const fine = { type: controller, payload: genericPayload(3, 1, [u16Attribute(1, controller)]) };
const refused = { type: controller, payload: genericPayload(99, 1) };
const everyFamily = { type: controller, payload: genericPayload(3, 1) };

const open: NetlinkSocket[] = [];
function connect(over: Partial<Libc> = {}, firstSequence = 1): NetlinkSocket {
  const socket = new NetlinkSocket({ ...libc, ...over }, NETLINK_GENERIC, firstSequence);
  open.push(socket);
  return socket;
}
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

const codeOf = (call: () => unknown): string | undefined => {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(NetlinkError);
    return (error as NetlinkError).code;
  }
  return undefined;
};

test("a family is found by its name, an absent one is ENOENT", () => {
  const socket = connect();
  expect(findFamily(socket, "nlctrl")).toMatchObject({ id: controller });
  expect(codeOf(() => findFamily(socket, "no-such-family"))).toBe("NETLINK_ENOENT");
});

test("each request of a batch gets its own outcome, in order", () => {
  const socket = connect();
  expect(socket.batch([fine, refused, fine, refused])).toEqual([
    undefined,
    "EOPNOTSUPP",
    undefined,
    "EOPNOTSUPP",
  ]);
  expect(socket.batch([refused, fine])).toEqual(["EOPNOTSUPP", undefined]);
  expect(socket.batch([])).toEqual([]);
});

test("a batch costs one send, however many requests it has", () => {
  const socket = connect();
  const before = socket.stats;
  socket.batch(Array(maxBatch).fill(refused));
  expect(socket.stats.sendCalls - before.sendCalls).toBe(1);
  expect(socket.stats.recvCalls - before.recvCalls).toBe(maxBatch);
  expect(socket.stats.messages - before.messages).toBe(maxBatch);
  expect(() => socket.batch(Array(maxBatch + 1).fill(refused))).toThrow(RangeError);
});

test("a dump gives every answer, again and again on the same socket", () => {
  const socket = connect();
  const families = socket.dump(everyFamily, "list families");
  expect(families.length).toBeGreaterThan(0);
  expect(socket.dump(everyFamily, "list families")).toEqual(families);
});

test("a refused question is an error with the question and the errno's name", () => {
  const socket = connect();
  expect(() => socket.ask(refused, "ask nonsense")).toThrow("ask nonsense: EOPNOTSUPP");
  expect(codeOf(() => socket.dump(refused, "dump nonsense"))).toBe("NETLINK_EOPNOTSUPP");
  expect(socket.ask(fine, "ask again")).toHaveLength(1);
});

test("answers that the kernel threw away are LOST, what it could keep is told, and the socket goes on", () => {
  // A receive buffer of the kernel's smallest size: a real overrun, ENOBUFS from a real recv.
  const setsockopt: Libc["setsockopt"] = (fd, level, name, value) => {
    if (name === SO_RCVBUFFORCE) writeUInt32Host(value, 1, 0);
    libc.setsockopt(fd, level, name, value);
  };
  const socket = connect({ setsockopt });
  const outcomes = socket.batch(Array(maxBatch).fill(refused));
  expect(outcomes[0]).toBe("EOPNOTSUPP");
  expect(outcomes.at(-1)).toBe("LOST");
  expect(new Set(outcomes)).toEqual(new Set(["EOPNOTSUPP", "LOST"]));
  expect(socket.batch([refused, refused])).toEqual(["EOPNOTSUPP", "EOPNOTSUPP"]);
});

test("the kernel chooses our port, and nobody but the kernel is heard", () => {
  const calls: string[] = [];
  const noting =
    (call: "bind" | "connect"): Libc["bind"] =>
    (fd, sockaddr) => {
      calls.push(`${call} ${sockaddr.toString("hex")}`);
      libc[call](fd, sockaddr);
    };
  connect({ bind: noting("bind"), connect: noting("connect") });
  // AF_NETLINK, port 0, no groups.
  const kernel = "100000000000000000000000";
  expect(calls).toEqual([`bind ${kernel}`, `connect ${kernel}`]);
});

test("a large buffer is asked for once, and reports that carry no copy of what was asked", () => {
  const names: [level: number, name: number, value: number][] = [];
  const setsockopt: Libc["setsockopt"] = (_fd, level, name, value) => {
    names.push([level, name, readUInt32Host(value, 0)]);
  };
  connect({ setsockopt });
  expect(names).toEqual([
    [270, 10, 1],
    [1, SO_RCVBUFFORCE, 4 << 20],
  ]);
});

test("where the buffer may not be forced, it is asked for", () => {
  const names: number[] = [];
  const setsockopt: Libc["setsockopt"] = (fd, level, name, value) => {
    names.push(name);
    if (name === SO_RCVBUFFORCE) throw new LibcError("setsockopt", 1);
    libc.setsockopt(fd, level, name, value);
  };
  expect(connect({ setsockopt }).batch([fine])).toEqual([undefined]);
  expect(names.slice(-2)).toEqual([SO_RCVBUFFORCE, 8]);
});

/** A kernel that says what the test wants: each send puts `script(sequence of its first request)` in the queue. */
function scripted(script: (sequence: number) => readonly (Buffer | "ENOBUFS")[]): NetlinkSocket {
  const queue: (Buffer | "ENOBUFS")[] = [];
  const send: Libc["send"] = (_fd, data) => {
    queue.push(...script(readUInt32Host(data, 8)));
    return data.length;
  };
  const recv: Libc["recv"] = (_fd, buffer) => {
    const next = queue.shift();
    if (next === undefined) throw new LibcError("recv", 11);
    if (next === "ENOBUFS") throw new LibcError("recv", 105);
    return next.copy(buffer);
  };
  return connect({ send, recv });
}
const says = (type: number, sequence: number, errno: number, flags = 0): Buffer => {
  const payload = Buffer.alloc(4);
  payload.writeInt32LE(-errno);
  return encodeMessage({ type, flags, sequence, payload });
};
const data = (sequence: number, text: string, flags = 2): Buffer =>
  encodeMessage({ type: controller, flags, sequence, payload: Buffer.from(text) });

test("no sequence number is used twice", () => {
  const seen: number[] = [];
  const send: Libc["send"] = (fd, bytes, flags) => {
    seen.push(...decodeMessages(bytes).map(({ sequence }) => sequence));
    return libc.send(fd, bytes, flags);
  };
  const socket = connect({ send }, 0xfffffffd);
  socket.batch([fine, refused]);
  socket.ask(fine, "ask");
  socket.batch([refused]);
  socket.batch([fine, fine]);
  expect(seen).toEqual([0xfffffffd, 0xfffffffe, 0xffffffff, 0, 1, 2]);
});

test("nothing is read that is not there", () => {
  const socket = connect();
  socket.ask(fine, "ask");
  socket.dump(everyFamily, "list families");
  const { recvCalls } = socket.stats;
  socket.batch([refused]);
  socket.batch([refused]);
  expect(socket.stats.recvCalls - recvCalls).toBe(2);
});

test("a late answer to an older request is ignored", () => {
  const socket = scripted((n) => [says(NLMSG_ERROR, n - 1, 17), says(NLMSG_ERROR, n, 0)]);
  expect(socket.batch([fine])).toEqual([undefined]);
  expect(socket.ask(fine, "ask")).toEqual([]);
});

test("no answer at all is LOST, not a wait", () => {
  const socket = scripted(() => []);
  expect(socket.batch([fine, fine])).toEqual(["LOST", "LOST"]);
  expect(codeOf(() => socket.ask(fine, "ask"))).toBe("NETLINK_LOST");
});

test("an overrun before the last ACK leaves unsure what had no answer", () => {
  const socket = scripted((n) => [
    "ENOBUFS",
    says(NLMSG_ERROR, n + 1, 2),
    says(NLMSG_ERROR, n + 2, 0),
  ]);
  expect(socket.batch([fine, fine, fine])).toEqual(["LOST", "ENOENT", undefined]);
});

test("a dump that the kernel calls interrupted is made again", () => {
  let dumps = 0;
  const socket = scripted((n) => {
    const flags = dumps++ === 0 ? 0x12 : 2;
    return [data(n, `row${dumps}`, flags), says(NLMSG_DONE, n, 0)];
  });
  expect(socket.dump(everyFamily, "list").map(String)).toEqual(["row2"]);
});

test("a dump that is interrupted for ever is an error", () => {
  const socket = scripted((n) => [says(NLMSG_DONE, n, 0, 0x12)]);
  expect(codeOf(() => socket.dump(everyFamily, "list"))).toBe("NETLINK_EINTR");
  expect(socket.stats.sendCalls).toBe(4);
});

test("a dump that loses answers is an error, and its rest does not reach the next one", () => {
  let dumps = 0;
  const socket = scripted((n) =>
    dumps++ === 0
      ? [data(n, "a"), "ENOBUFS", data(n, "b"), says(NLMSG_DONE, n, 0)]
      : [data(n, "c"), says(NLMSG_DONE, n, 0)],
  );
  expect(codeOf(() => socket.dump(everyFamily, "list"))).toBe("NETLINK_ENOBUFS");
  expect(socket.dump(everyFamily, "list").map(String)).toEqual(["c"]);
});

test("a dump that was left unfinished does not keep the kernel from making the next one", () => {
  let isFirst = true;
  const recv: Libc["recv"] = (...args) => {
    if (!isFirst) return libc.recv(...args);
    isFirst = false;
    throw new LibcError("recv", 105);
  };
  const socket = connect({ recv });
  expect(codeOf(() => socket.dump(everyFamily, "list families"))).toBe("NETLINK_ENOBUFS");
  // Without an end to the first one this is EBUSY.
  expect(socket.dump(everyFamily, "list families").length).toBeGreaterThan(0);
});

test("what an exchange that ended early left behind reaches no later one", () => {
  const nonsense = Buffer.alloc(20);
  let exchanges = 0;
  const socket = scripted((n) =>
    exchanges++ % 2 === 0 ? [nonsense, "ENOBUFS", nonsense] : [says(NLMSG_ERROR, n + 1, 0)],
  );
  expect(codeOf(() => socket.batch([fine, fine]))).toBe("NETLINK_EBADMSG");
  expect(socket.batch([fine, fine])).toEqual([undefined, undefined]);
});

/** A datagram of so many bytes: one message. */
const large = (length: number, type: number, sequence: number): Buffer =>
  encodeMessage({ type, flags: 0, sequence, payload: Buffer.alloc(length - 16) });

test("a datagram may fill the buffer, and one that is larger is as good as lost", () => {
  const full = 64 << 10;
  expect(scripted((n) => [large(full, NLMSG_ERROR, n)]).batch([fine])).toEqual([undefined]);
  const larger = connect({ recv: () => full + 4, send: () => 0 });
  expect(codeOf(() => larger.ask(fine, "ask"))).toBe("NETLINK_ENOBUFS");
});

test("a datagram of nonsense is EBADMSG", () => {
  const socket = scripted(() => [Buffer.alloc(20)]);
  expect(codeOf(() => socket.batch([fine]))).toBe("NETLINK_EBADMSG");
});

test("sequence numbers go round at 2^32", () => {
  const socket = connect({}, 0xfffffffe);
  expect(socket.batch([refused, fine, refused])).toEqual(["EOPNOTSUPP", undefined, "EOPNOTSUPP"]);
  expect(socket.batch([fine])).toEqual([undefined]);
});

test("a closed socket cannot send", () => {
  const socket = connect();
  socket.close();
  expect(codeOf(() => socket.batch([fine]))).toBe("NETLINK_EBADF");
});

test("a descriptor is given back once, and at once when it cannot be made a socket to the kernel", () => {
  const closed: number[] = [];
  const close: Libc["close"] = (fd) => {
    closed.push(fd);
    libc.close(fd);
  };
  const socket = connect({ close });
  socket.close();
  socket.close();
  expect(closed).toHaveLength(1);
  const bind = (): never => {
    throw new LibcError("bind", 1);
  };
  expect(() => connect({ close, bind })).toThrow(LibcError);
  expect(closed).toHaveLength(2);
});

test.for(["send", "recv"] as const)(
  "a failure of %s has its errno's name, a bug is no failure",
  (call) => {
    const failing = (error: Error) => () => {
      throw error;
    };
    const refusedBy = connect({ [call]: failing(new LibcError(call, 1)) });
    expect(codeOf(() => refusedBy.batch([fine]))).toBe("NETLINK_EPERM");
    expect(codeOf(() => refusedBy.ask(fine, "ask"))).toBe("NETLINK_EPERM");
    const buggy = connect({ [call]: failing(new TypeError("a bug")) });
    expect(() => buggy.batch([fine])).toThrow(TypeError);
  },
);

test("a bug in an option is no refusal of it", () => {
  const setsockopt = (): never => {
    throw new TypeError("a bug");
  };
  expect(() => connect({ setsockopt })).toThrow(TypeError);
});

test("a family that the kernel says nothing of is EBADMSG", () => {
  const socket = scripted((n) => [says(NLMSG_ERROR, n, 0)]);
  expect(codeOf(() => findFamily(socket, "IPVS"))).toBe("NETLINK_EBADMSG");
});
