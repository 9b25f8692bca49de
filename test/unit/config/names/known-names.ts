import type { Resolver } from "../../../../src/config/names/resolve.ts";
import { err, ok } from "../../../../src/model/result.ts";

const hosts = new Map([
  ["4 localhost", "127.0.0.1"],
  ["6 localhost", "::1"],
  ["4 web1.example", "192.0.2.21"],
  ["4 my_host", "192.0.2.22"],
]);
const services = new Map([
  ["http", 80],
  ["https", 443],
  ["domain", 53],
]);

/** Knows a few names, and says at once that it knows no others. */
export const knownNames: Resolver = {
  host: async (name, family) => {
    const address = hosts.get(`${family} ${name}`);
    return address === undefined ? err("no such host") : ok(address);
  },
  service: async (name) => {
    const port = services.get(name);
    return port === undefined ? err("no such service") : ok(port);
  },
};
