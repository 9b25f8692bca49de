/** The service that a virtual service's port implies, and the port a service is checked on. */
const ports: readonly (readonly [port: number, service: string])[] = [
  [21, "ftp"],
  [25, "smtp"],
  [53, "dns"],
  [80, "http"],
  [110, "pop"],
  [119, "nntp"],
  [143, "imap"],
  [389, "ldap"],
  [443, "https"],
  [587, "submission"],
  [636, "ldaps"],
  [993, "imaps"],
  [995, "pops"],
  [1521, "oracle"],
  [1812, "radius"],
  [3128, "http_proxy"],
  [3306, "mysql"],
  [5060, "sip"],
  [5432, "pgsql"],
];

const byPort = new Map(ports);
const byService = new Map(ports.map(([port, service]) => [service, port]));

/** `none` for a port that implies nothing. */
export const serviceOfPort = (port: number): string => byPort.get(port) ?? "none";

/** undefined for `none` and `simpletcp`, which have no port of their own. */
export const portOfService = (service: string): number | undefined => byService.get(service);
