import { afterAll, beforeAll, expect, test } from "vitest";
import { Director, example } from "../../lab/director.ts";
import { readTable, type Table } from "../../lab/ipvsadm.ts";
import { Network } from "../../lab/network.ts";
import { until } from "../../lab/until.ts";

const schedulers = "rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh".split(" ");

let network: Network<"director">;
let daemon: Director;
let table: Table;

beforeAll(async () => {
  network = await Network.open({ director: { links: { eth0: ["lan", "192.168.10.100/24"] } } });
  daemon = Director.start(network.host("director"), example("schedulers.cf"));
  const isComplete = (seen: Table): boolean =>
    Object.values(seen).filter(({ servers }) => Object.keys(servers).length === 2).length === 15;
  table = await until(
    () => {
      daemon.mustRun();
      return readTable(network.host("director"));
    },
    isComplete,
    "15 services with two servers each",
    250_000,
  );
}, 280_000);

afterAll(async () => {
  await daemon?.stop();
  await network?.close();
});

test.for(schedulers.map((name, index) => [name, 8001 + index] as const))(
  "the kernel takes %s",
  ([name, port]) => {
    expect(table[`TCP 192.168.10.101:${port}`]).toEqual({
      settings: name,
      servers: { [`192.168.10.201:${port}`]: "Route 1", [`192.168.10.202:${port}`]: "Route 2" },
    });
  },
);

test.for([
  ["sh", 8101],
  ["mh", 8102],
] as const)("the kernel takes the flags of %s", ([name, port]) => {
  expect(table[`TCP 192.168.10.101:${port}`]?.settings).toBe(
    `${name} (${name}-fallback,${name}-port)`,
  );
});
