import { expect, test } from "vitest";
import { IpvsUnavailableError } from "../../src/errors.ts";
import { type KernelAccess, openKernelIpvs } from "../../src/ipvs/open-kernel.ts";
import { LibcError } from "../../src/native/errno.ts";
import type { Libc } from "../../src/native/libc.ts";
import { readUInt16Host, readUInt32Host } from "../../src/native/sockaddr.ts";
import { u16Attribute, u32Attribute } from "../../src/netlink/attributes.ts";
import { encodeMessage, genericPayload, NLMSG_ERROR } from "../../src/netlink/message.ts";

const EPERM = 1;
const ENOENT = 2;
const controller = 16;
const ipvsFamily = 30;

interface Kernel {
  /** Whether module ip_vs is loaded. */
  hasIpvs: boolean;
  /** 0, or what IPVS answers to every request. */
  readonly refusal: number;
}

/** A libc whose kernel knows family IPVS when it is loaded, and answers GET_INFO. */
function libcOf(kernel: Kernel): Libc & { readonly openFds: Set<number> } {
  const queue: Buffer[] = [];
  const openFds = new Set<number>();
  const answer = (request: Buffer): void => {
    const sequence = readUInt32Host(request, 8);
    const type = readUInt16Host(request, 4);
    const isController = type === controller;
    const errno = isController ? (kernel.hasIpvs ? 0 : ENOENT) : kernel.refusal;
    if (errno === 0) {
      const attributes = isController
        ? [u16Attribute(1, ipvsFamily), u32Attribute(3, 1)]
        : [u32Attribute(1, 0x010201), u32Attribute(2, 4096)];
      const payload = genericPayload(1, 1, attributes);
      queue.push(encodeMessage({ type, flags: 0, sequence, payload }));
    }
    const payload = Buffer.alloc(4);
    payload.writeInt32LE(-errno);
    queue.push(encodeMessage({ type: NLMSG_ERROR, flags: 0, sequence, payload }));
  };
  return {
    openFds,
    socket: () => {
      openFds.add(7);
      return 7;
    },
    bind: () => {},
    connect: () => {},
    setsockopt: () => {},
    getsockopt: () => Buffer.alloc(4),
    send: (_fd, data) => {
      answer(data);
      return data.length;
    },
    recv: (_fd, buffer) => {
      const next = queue.shift();
      if (next === undefined) throw new LibcError("recv", 11);
      return next.copy(buffer);
    },
    sendto: () => 0,
    recvfrom: () => ({ length: 0, from: Buffer.alloc(0) }),
    close: (fd) => {
      openFds.delete(fd);
    },
    watch: () => ({ stop: () => {}, unref: () => {} }),
    exit: () => {},
  };
}

const access = (kernel: Kernel, over: Partial<KernelAccess> = {}) => {
  const libc = libcOf(kernel);
  return {
    openFds: libc.openFds,
    libc: () => libc,
    loadModule: async () => "modprobe: FATAL: Module ip_vs not found",
    ...over,
  };
};

async function refusalOf(from: KernelAccess): Promise<string> {
  try {
    await openKernelIpvs(undefined, from);
  } catch (error) {
    expect(error).toBeInstanceOf(IpvsUnavailableError);
    expect(error).toMatchObject({ code: "IPVS_UNAVAILABLE" });
    return (error as Error).message;
  }
  throw new Error("it opened");
}

test("a kernel with IPVS is opened without loading anything", async () => {
  const from = access({ hasIpvs: true, refusal: 0 }, { loadModule: () => expect.unreachable() });
  const ipvs = await openKernelIpvs(undefined, from);
  expect(await ipvs.info()).toEqual({ version: "1.2.1", connectionTableSize: 4096 });
  ipvs.close();
  expect(from.openFds).toEqual(new Set());
});

test("a missing module is loaded, once", async () => {
  const kernel = { hasIpvs: false, refusal: 0 };
  const asked: string[] = [];
  const loadModule = async (name: string) => {
    asked.push(name);
    kernel.hasIpvs = true;
    return undefined;
  };
  const ipvs = await openKernelIpvs(undefined, access(kernel, { loadModule }));
  ipvs.close();
  expect(asked).toEqual(["ip_vs"]);
});

test("a module that cannot be loaded: what modprobe said, and what to do", async () => {
  const from = access({ hasIpvs: false, refusal: 0 });
  expect(await refusalOf(from)).toBe(
    "the kernel offers no IPVS: module ip_vs is not loaded (modprobe: FATAL: Module ip_vs not found); " +
      "load it with modprobe ip_vs, on the host when this is a container",
  );
  expect(from.openFds).toEqual(new Set());
});

test("a refusal for lack of permission: what to do about it", async () => {
  const from = access({ hasIpvs: true, refusal: EPERM });
  expect(await refusalOf(from)).toMatch(/EPERM.*CAP_NET_ADMIN/);
  expect(from.openFds).toEqual(new Set());
});

test("a platform without the native binding: what to do about it", async () => {
  const from = access({ hasIpvs: true, refusal: 0 }, { libc: () => undefined });
  expect(await refusalOf(from)).toMatch(/koffi.*reinstall/);
});

test("a sandbox without netlink: what to do about it", async () => {
  const libc: Libc = {
    ...libcOf({ hasIpvs: true, refusal: 0 }),
    socket: () => {
      throw new LibcError("socket", 97);
    },
  };
  const from = access({ hasIpvs: true, refusal: 0 }, { libc: () => libc });
  expect(await refusalOf(from)).toMatch(/EAFNOSUPPORT.*RestrictAddressFamilies/);
});

test("any other refusal is named", async () => {
  expect(await refusalOf(access({ hasIpvs: true, refusal: 12 }))).toBe(
    "IPVS cannot be used: read IPVS info: ENOMEM",
  );
});
