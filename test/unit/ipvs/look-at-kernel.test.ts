import { expect, test, vi } from "vitest";
import { lookAtKernel } from "../../../src/ipvs/look-at-kernel.ts";
import type { openKernelIpvs } from "../../../src/ipvs/open-kernel.ts";

test("where the module is not loaded nothing is asked, for that would load it", async () => {
  const open = vi.fn<typeof openKernelIpvs>();
  expect(await lookAtKernel({ isLoaded: () => false, open })).toBeUndefined();
  expect(open).not.toHaveBeenCalled();
});

test("one that goes away meanwhile is not loaded again", async () => {
  const open = vi.fn<typeof openKernelIpvs>(async (_log, { loadModule } = {}) => {
    throw new Error(await loadModule?.("ip_vs"));
  });
  await expect(lookAtKernel({ isLoaded: () => true, open })).rejects.toThrow(
    "nothing is loaded for a look",
  );
});
