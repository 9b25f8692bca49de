import type { Facts } from "./facts.ts";

/** As `sysctl` writes it: a dot in a link's name becomes a slash, `net.ipv4.conf.eth0/100.rp_filter`. */
export const linkSysctl = (family: "ipv4" | "ipv6", link: string, name: string): string =>
  `net.${family}.conf.${link.replaceAll(".", "/")}.${name}`;

/** Below /proc/sys. */
export const sysctlPath = (name: string): string =>
  name.replace(/[./]/g, (char) => (char === "." ? "/" : "."));

/** A number, or undefined where the kernel has none of that name. */
export function sysctlOf(name: string, { sysctls }: Facts): number | undefined {
  const text = sysctls.get(name);
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

/** The kernel goes by the higher of the two. linux/inetdevice.h IN_DEV_MAXCONF */
export function higherOf(name: string, link: string, facts: Facts): number | undefined {
  const values = ["all", link].map((each) => sysctlOf(linkSysctl("ipv4", each, name), facts));
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
