import { expect, test } from "vitest";
import type { ServerState } from "../../../src/status/servers.ts";
import { serviceStatus } from "../../../src/status/service-status.ts";
import type { ServiceState } from "../../../src/status/snapshot.ts";
import { endpoint, tcp } from "../../support/builders.ts";

const real = (name: string, state: "up" | "down"): ServerState => ({
  role: "real",
  server: name,
  row: name,
  endpoint: endpoint(name),
  state,
  forwarding: "gate",
  fileWeight: 1,
  decidedBy: state === "up" ? "file" : "health",
});

function service(port: number, upReals: readonly string[]): ServiceState {
  const name = `10.0.0.1:${port}`;
  const reals = ["10.0.0.3", "10.0.0.4"].map((address) =>
    real(`${address}:80`, upReals.includes(address) ? "up" : "down"),
  );
  const fallback = { ...real("127.0.0.1:80", "down"), role: "fallback", state: "standby" } as const;
  return {
    id: `tcp:${name}`,
    name,
    key: tcp(name),
    isLeaving: false,
    isInTable: true,
    scheduler: "wrr",
    isFallbackOn: upReals.length === 0,
    refused: [],
    edits: [],
    servers: [...reals, fallback],
  };
}

test("counts services, real servers, and services that have none", () => {
  const services = [service(80, ["10.0.0.3"]), service(81, [])];
  expect(serviceStatus({ services, localFaults: [] })).toBe(
    "2 virtual services, 1 of 4 real servers up, 1 without any",
  );
});

test("what is on its way out of the table is not counted", () => {
  const services = [service(80, ["10.0.0.3"]), { ...service(81, []), isLeaving: true }];
  expect(serviceStatus({ services, localFaults: [] })).toBe(
    "1 virtual service, 1 of 2 real servers up",
  );
});

test("says of how many services this director is the spare", () => {
  const [one, two] = [service(80, ["10.0.0.3"]), service(81, ["10.0.0.3"])];
  const spare = { role: "spare" } as const;
  const said = (...services: readonly ServiceState[]) =>
    serviceStatus({ services, localFaults: [] });
  const up = "2 virtual services, 2 of 4 real servers up";
  expect(said({ ...one, ...spare }, { ...two, ...spare })).toBe(`${up}, spare`);
  expect(said({ ...one, role: "active" }, { ...two, ...spare })).toBe(`${up}, spare of 1`);
  expect(said({ ...one, role: "active" }, { ...two, role: "active" })).toBe(up);
});

test("says when what runs is not what the file says", () => {
  const reload = { at: 1, worked: false, problems: ["web.cf:1:1: …"] };
  expect(serviceStatus({ services: [], reload, localFaults: [] })).toBe(
    "0 virtual services, 0 of 0 real servers up, the newest reload failed: see the log",
  );
});

test("says when it is, and something went wrong on the way", () => {
  const reload = { at: 1, worked: true, problems: ["a bug of ours"] };
  expect(serviceStatus({ services: [], reload, localFaults: [] })).toBe(
    "0 virtual services, 0 of 0 real servers up, the newest reload had trouble: see the log",
  );
  expect(
    serviceStatus({ services: [], reload: { ...reload, problems: [] }, localFaults: [] }),
  ).toBe("0 virtual services, 0 of 0 real servers up");
});

test("names the trouble of our own that is going on", () => {
  const fault = { detail: "", since: 1, lost: 1, waiting: 1 };
  const localFaults = ["link-down", "EMFILE"].map((code) => ({ code, ...fault }));
  expect(serviceStatus({ services: [], localFaults })).toBe(
    "0 virtual services, 0 of 0 real servers up, local trouble: link-down EMFILE",
  );
});
