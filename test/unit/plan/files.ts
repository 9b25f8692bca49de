/** Files, and the tables that they may meet. */
import fc from "fast-check";
import type { TableRow } from "../../../src/ipvs/ipvs.ts";
import { formatEndpoint } from "../../../src/model/address.ts";
import { mark, serverRow, serviceRow, tcp } from "../../support/builders.ts";

const block = (name: string, lines: readonly string[]) =>
  `virtual=${name}\n${lines.map((line) => `\t${line}\n`).join("")}`;

const anyReal = fc
  .tuple(
    fc.integer({ min: 3, max: 8 }),
    fc.constantFrom(80, 81),
    fc.constantFrom("masq", "gate", "masq 0", "masq 10", "ipip 3", "gate 2 l:5 u:9"),
  )
  .map(([host, port, rest]) => `real=10.0.0.${host}:${port} ${rest}`);
const anyLine = fc.oneof(
  { weight: 7, arbitrary: anyReal },
  fc.constantFrom(
    ...["quiescent=yes", "quiescent=no", "scheduler=rr", "scheduler=sh", "persistent=600"],
    ...["fallback=127.0.0.1:80", "fallback=10.0.0.3:80 masq", "checktype=on", "checktype=off"],
    ...["failurecount=3", 'request="x"', "checkinterval=7", "emailalert=a@example.org"],
    "fallbackcommand=/bin/say",
  ),
);
const names = ["10.0.0.1:80", "10.0.0.1:443", "10.0.0.2:80", "5"];
const anyBlock = fc.tuple(fc.constantFrom(...names), fc.array(anyLine, { maxLength: 6 }));
export const anyFile = fc
  .tuple(
    fc.uniqueArray(anyBlock, { maxLength: 4, selector: ([name]) => name }),
    fc.constantFrom("", "", "maintenancedir=DIR/one\n", "maintenancedir=DIR/two\n"),
    fc.constantFrom("", "readdquiescent=no\n", "quiescent=yes\n"),
  )
  .map(([blocks, ...settings]) =>
    [...settings, ...blocks.map(([name, lines]) => block(name, lines))].join(""),
  );

/** Real servers held out, and those that are down. */
export const anyHosts = fc.uniqueArray(
  fc.integer({ min: 3, max: 8 }).map((host) => `10.0.0.${host}`),
  { maxLength: 3 },
);

const keys = [...names.slice(0, 3).map(tcp), mark(5), tcp("10.9.9.9:25")];
const anyDest = fc.record({
  endpoint: fc
    .constantFrom("10.0.0.3:80", "10.0.0.4:80", "10.0.0.5:443", "10.0.0.6:0", "127.0.0.1:80")
    .map((place) => serverRow(place).endpoint),
  forwarding: fc.constantFrom("gate" as const, "masq" as const),
  weight: fc.integer({ min: 0, max: 3 }),
  upperThreshold: fc.constantFrom(0, 9),
  lowerThreshold: fc.constantFrom(0, 5).map(() => 0),
});
export const anyTable: fc.Arbitrary<readonly TableRow[]> = fc.uniqueArray(
  fc.record({
    service: fc
      .tuple(fc.constantFrom(...keys), fc.constantFrom("wrr", "rr"))
      .map(([key, scheduler]) => serviceRow(key, { scheduler })),
    dests: fc.uniqueArray(anyDest, {
      maxLength: 4,
      selector: ({ endpoint }) => formatEndpoint(endpoint),
    }),
  }),
  { maxLength: 5, selector: ({ service }) => JSON.stringify(service.key) },
);
