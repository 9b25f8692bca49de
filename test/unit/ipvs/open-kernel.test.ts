import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { IpvsUnavailableError } from "../../../src/errors.ts";
import { type KernelAccess, openKernelIpvs } from "../../../src/ipvs/open-kernel.ts";
import { LibcError } from "../../../src/native/errno.ts";
import type { Libc } from "../../../src/native/libc.ts";
import { u16Attribute, u32Attribute } from "../../../src/netlink/attributes.ts";
import { genericPayload } from "../../../src/netlink/message.ts";
import { type KernelLibc, kernelLibc } from "../../support/fakes/kernel-libc.ts";
import { memoryLog } from "../../support/fakes/memory-log.ts";

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
const libcOf = (kernel: Kernel): KernelLibc =>
  kernelLibc(({ type }) => {
    if (type !== controller) {
      if (kernel.refusal !== 0) return kernel.refusal;
      return [genericPayload(1, 1, [u32Attribute(1, 0x010201), u32Attribute(2, 4096)])];
    }
    if (!kernel.hasIpvs) return ENOENT;
    return [genericPayload(1, 1, [u16Attribute(1, ipvsFamily), u32Attribute(3, 1)])];
  });

const access = (kernel: Kernel, over: Partial<KernelAccess> = {}) => {
  const libc = libcOf(kernel);
  return {
    openFds: libc.openFds,
    libc: () => libc,
    loadModule: async () => "modprobe: FATAL: Module ip_vs not found",
    ...over,
  };
};

async function refusalOf(from: Partial<KernelAccess>): Promise<string> {
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
  const log = memoryLog();
  const ipvs = await openKernelIpvs(log, from);
  expect(await ipvs.info()).toEqual({ version: "1.2.1", connectionTableSize: 4096 });
  expect(log.debugLines).toEqual(["IPVS 1.2.1, connection table size 4096"]);
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
  const log = memoryLog();
  const ipvs = await openKernelIpvs(log, access(kernel, { loadModule }));
  ipvs.close();
  expect(asked).toEqual(["ip_vs"]);
  expect(log.debugLines[0]).toBe("module ip_vs is not loaded: modprobe ip_vs");
});

test("a module that cannot be loaded: what modprobe said, and what to do", async () => {
  const from = access({ hasIpvs: false, refusal: 0 });
  expect(await refusalOf(from)).toBe(
    "the kernel offers no IPVS: module ip_vs is not loaded (modprobe: FATAL: Module ip_vs not found); " +
      "load it with modprobe ip_vs, on the host when this is a container",
  );
  expect(from.openFds).toEqual(new Set());
});

test("a module that was loaded and brought no IPVS is said", async () => {
  const from = access({ hasIpvs: false, refusal: 0 }, { loadModule: async () => undefined });
  expect(await refusalOf(from)).toContain("is not loaded (modprobe ip_vs did not help)");
});

describe("modprobe", () => {
  /** Opens IPVS where `modprobe` is this script. */
  const refusalAfter = async (script: string): Promise<string> => {
    const folder = mkdtempSync(join(tmpdir(), "modprobe-"));
    try {
      writeFileSync(join(folder, "modprobe"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      vi.stubEnv("PATH", `${folder}:${process.env["PATH"]}`);
      const libc = libcOf({ hasIpvs: false, refusal: 0 });
      return await refusalOf({ libc: () => libc });
    } finally {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    }
  };
  test.for<[name: string, script: string, said: string]>([
    ["fails, and its words are told", 'echo "FATAL: no $1" >&2; exit 1', "(FATAL: no ip_vs)"],
    ["fails without a word", "exit 3", "(modprobe ip_vs: Command failed: modprobe ip_vs"],
    ["is content", "echo careful >&2", "(modprobe ip_vs did not help)"],
  ])("%s", async ([, script, said]) => {
    expect(await refusalAfter(script)).toContain(said);
  });
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

test("a refusal to look for the family loads no module", async () => {
  const libc = kernelLibc(() => 12);
  const from = { libc: () => libc, loadModule: () => expect.unreachable() };
  expect(await refusalOf(from)).toBe("IPVS cannot be used: find netlink family IPVS: ENOMEM");
});

test.for(["socket", "send"] as const)("a bug in %s is not taken for a refusal", async (call) => {
  const libc = libcOf({ hasIpvs: true, refusal: 0 });
  libc[call] = () => {
    throw new TypeError("a bug");
  };
  await expect(openKernelIpvs(undefined, { libc: () => libc })).rejects.toThrow(TypeError);
  expect(libc.openFds).toEqual(new Set());
});
