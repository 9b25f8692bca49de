import { expect, test } from "vitest";
import { namesToTry, noSearchList, searchListOf } from "../../../../checks/lib/dns/search-list.ts";

// What perl's Net::DNS, the original's library, makes of the same (1.36: Resolver/Base.pm, UNIX.pm).
test.for<[what: string, text: string, suffixes: readonly string[], ndots?: number]>([
  ["search", "nameserver 192.0.2.1\nsearch a.example  b.example.\n", ["a.example", "b.example"]],
  ["several lines of it", "search a.example\nsearch b.example\n", ["a.example", "b.example"]],
  ["domain", "domain a.example b.example\n", ["a.example"]],
  ["search before domain, and behind it", "search a.example\ndomain b.example\n", ["a.example"]],
  ["comments", "# search x\nsearch a.example ; b.example\n", ["a.example"]],
  ["nothing: our own domain", "nameserver 192.0.2.1\n", ["lab.example"]],
  ["options", "search a.example\noptions rotate ndots:2\noptions timeout:1\n", ["a.example"], 2],
  [
    "options in another order",
    "options ndots:3\nsearch a.example\noptions ndots:0",
    ["a.example"],
    0,
  ],
  ["options without sense", "search a.example\noptions ndots: ndots:x\n", ["a.example"]],
])("resolv.conf: %s", ([, text, suffixes, ndots = 1]) => {
  expect(searchListOf(text, {}, "director.lab.example")).toEqual({ suffixes, ndots });
});

test("a host without a domain and a file without a list have none", () => {
  expect(searchListOf("", {}, "director")).toEqual(noSearchList);
});

test("the environment has the last word", () => {
  const text = "search a.example\noptions ndots:2\n";
  const env = { LOCALDOMAIN: "b.example c.example", RES_OPTIONS: "debug ndots:4" };
  expect(searchListOf(text, env, "director")).toEqual({
    suffixes: ["b.example", "c.example"],
    ndots: 4,
  });
  expect(searchListOf(text, { LOCALDOMAIN: "" }, "director").suffixes).toEqual([]);
});

const two = { suffixes: ["a.example", "b.example"], ndots: 2 };
test.for<[name: string, list: typeof noSearchList, names: readonly string[]]>([
  ["www", two, ["www.a.example", "www.b.example"]],
  ["www.x", two, ["www.x", "www.x.a.example", "www.x.b.example"]],
  ["www.x", { ...two, ndots: 1 }, ["www.x"]],
  ["www.x.y", two, ["www.x.y"]],
  ["www", noSearchList, ["www"]],
  ["www.", two, ["www."]],
  ["www.1", two, ["www.1"]],
  ["www", { ...two, ndots: 0 }, ["www"]],
])("%s with %o", ([name, list, names]) => {
  expect(namesToTry(name, list)).toEqual(names);
});
