import { expect, test } from "vitest";
import {
  type ServiceKey,
  serviceFamily,
  serviceId,
  serviceName,
} from "../../../src/model/virtual-service.ts";

test.for<[key: ServiceKey, id: string, name: string, family: 4 | 6]>([
  [
    { kind: "address", protocol: "tcp", endpoint: { address: "10.0.0.1", port: 80 } },
    "tcp:10.0.0.1:80",
    "10.0.0.1:80",
    4,
  ],
  [
    { kind: "address", protocol: "udp", endpoint: { address: "fd00::1", port: 53 } },
    "udp:[fd00::1]:53",
    "[fd00::1]:53",
    6,
  ],
  [{ kind: "fwmark", family: 4, mark: 5 }, "fwm:5", "5", 4],
  [{ kind: "fwmark", family: 6, mark: 5 }, "fwm6:5", "5", 6],
])("the log calls %o %s and %s", ([key, id, name, family]) => {
  expect(serviceId(key)).toBe(id);
  expect(serviceName(key)).toBe(name);
  expect(serviceFamily(key)).toBe(family);
});
