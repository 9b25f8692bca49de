import { expect, test } from "vitest";
import {
  type Role,
  type RoleState,
  rolesBy,
  rolesHeld,
  type Word,
} from "../../../src/role/role.ts";
import { mark, tcp, virtualService } from "../../support/builders.ts";

const web = virtualService(tcp("10.0.0.1:80"), []);
const six = virtualService(tcp("[fd00::1]:80"), []);
const marked = virtualService(mark(5), []);
const here = (...own: readonly string[]): Word => ({ kind: "addresses", own: new Set(own) });

test.for<[name: string, word: Word, roles: Readonly<Record<string, Role>>]>([
  [
    "nothing is here",
    here(),
    { "tcp:10.0.0.1:80": "spare", "tcp:[fd00::1]:80": "spare", "fwm:5": "spare" },
  ],
  [
    "one is here: the mark goes with any",
    here("10.0.0.1", "192.0.2.1"),
    { "tcp:10.0.0.1:80": "active", "tcp:[fd00::1]:80": "spare", "fwm:5": "active" },
  ],
  [
    "by a word for all",
    { kind: "role", role: "spare", why: "x" },
    { "tcp:10.0.0.1:80": "spare", "tcp:[fd00::1]:80": "spare", "fwm:5": "spare" },
  ],
  [
    "nobody knows: active",
    { kind: "unknown", why: "x" },
    { "tcp:10.0.0.1:80": "active", "tcp:[fd00::1]:80": "active", "fwm:5": "active" },
  ],
])("%s", ([, word, roles]) => {
  const states = rolesBy(word, [web, six, marked], new Map(), 7);
  expect(Object.fromEntries([...states].map(([id, { role }]) => [id, role]))).toEqual(roles);
});

test("marks alone have no address to go by: active", () => {
  expect(rolesBy(here(), [marked], new Map(), 7).get("fwm:5")).toMatchObject({ role: "active" });
});

test("a role is as old as it is the same", () => {
  const first = rolesBy(here(), [web], new Map(), 7);
  const second = rolesBy(here("192.0.2.1"), [web], first, 8);
  expect(second.get("tcp:10.0.0.1:80")?.since).toBe(7);
  expect(rolesBy(here("10.0.0.1"), [web], second, 9).get("tcp:10.0.0.1:80")?.since).toBe(9);
});

test("what it holds is of anything", () => {
  const states: ReadonlyMap<string, RoleState> = rolesBy(
    here("10.0.0.1"),
    [web, six],
    new Map(),
    1,
  );
  expect(rolesHeld(states.values())).toEqual(new Set(["active", "spare"]));
  expect(rolesHeld([])).toEqual(new Set());
});
