import { expect, test } from "vitest";
import { recipientsIn, senderOf, withoutQuotes } from "../../../src/model/mail-address.ts";

test.for<[to: string, handedOn: string]>([
  ['"a@b", "c@d"', "a@b, c@d"],
  ["a@b, c@d", "a@b, c@d"],
  ['"Load Balancer" <lb@example.org>', '"Load Balancer" <lb@example.org>'],
  ['"lb@example.org" <lb@example.org>', '"lb@example.org" <lb@example.org>'],
])("%s is handed on as %s", ([to, handedOn]) => {
  expect(withoutQuotes(to)).toBe(handedOn);
});

test.for<[to: string, recipients: readonly string[]]>([
  ["a@b", ["a@b"]],
  ["root", ["root"]],
  ["a@b, Ops <c@d>,root", ["a@b", "c@d", "root"]],
  ["ops: a@b, c@d;", ["a@b", "c@d"]],
  ["", []],
])("%s goes to %o", ([to, recipients]) => {
  expect(recipientsIn(to)).toEqual(recipients);
});

const lb = "lb@example.org";
test.for<[from: string, header: string]>([
  [` ${lb} `, lb],
  [`<${lb}>`, lb],
  [`"${lb}"`, lb],
  [`Load Balancer < ${lb} >`, `Load Balancer <${lb}>`],
  [`"Load Balancer <${lb}>"`, `Load Balancer <${lb}>`],
  [`"Balancer, Load" <${lb}>`, `"Balancer, Load" <${lb}>`],
  [`"says \\"on\\"" <${lb}>`, `"says \\"on\\"" <${lb}>`],
  [`Balancer, Load <${lb}>`, `"Balancer, Load" <${lb}>`],
  [`The "one" \\ <${lb}>`, `"The \\"one\\" \\\\" <${lb}>`],
  [`Lastverteiler Süd <${lb}>`, `Lastverteiler Süd <${lb}>`],
])("%s writes as %s, from the address", ([from, header]) => {
  expect(senderOf(from)).toEqual({ address: lb, header });
});

test.for(["", "  ", "two words", `Ops <two words>`, `${lb}, ops@example.org`])(
  "%o holds no address",
  (from) => {
    expect(senderOf(from)).toBeUndefined();
  },
);
