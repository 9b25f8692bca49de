// For the inner loop only (`--import=` of our daemon): the table is inner/ipvsadm.pl's file, as for the original.
import { register } from "node:module";

register(
  `data:text/javascript,${encodeURIComponent(`
export async function load(url, context, next) {
  if (!url.endsWith("/ipvs/open-kernel.js")) return next(url, context);
  return {
    format: "module",
    shortCircuit: true,
    source: 'export { openFileIpvs as openKernelIpvs } from ${JSON.stringify(new URL("./file-ipvs.mjs", import.meta.url).href)};',
  };
}`)}`,
);
