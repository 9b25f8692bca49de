import type { Readings } from "../reading.ts";
import {
  fine,
  fineInside,
  fineInsideOf,
  inside,
  insideOf,
  perl,
  refused,
  unresolved,
  whole,
  wrong,
} from "./words.ts";

const six = "virtual6=[VIP6]:80";
const virtual = (line: string, ...differs: Parameters<typeof whole>[2][]) =>
  whole(line, `# one\n${line}\n    checktype=on\n\n`, ...differs);
const twice = (name: string, first: string, second: string) =>
  wrong(whole(name, `${first}\n    checktype=on\n\n${second}\n    checktype=on\n\n`));

export const virtualAddresses: Readings = {
  name: "addresses of services",
  readings: [
    ...[
      ...["virtual=", "virtual=[VIP6]:80", "virtual=[::1]", 'virtual="VIP:80"', "virtual=*:80"],
      ...["virtual=:80", "virtual=-1", "virtual=host", "virtual", "virtual VIP:80"],
      ...["virtual=VIPNAME:", "Virtual=VIP:80", "virtual=::1:80", "virtual6=", "virtual6=[VIP6]"],
      ...["virtual6=VIP6:80", "virtual6=[xyz]:80", "virtual6=[]:80", "virtual6=host"],
      ...["virtual6=[1:2:3]:80"],
    ].map((line) => wrong(virtual(line))),
    ...[
      ...["virtual=VIP:nosuch", "virtual=VIP:65536", "virtual=VIP:80x"],
      ...["virtual=300.1.1.1:80", "virtual6=[VIP6]:nosuch", "virtual6=VIP:80"],
      "virtual6=[VIP6]:65536",
    ].map((line) => wrong(virtual(line, perl))),
    ...["virtual=host.invalid:80", "virtual6=host.invalid:80"].map((line) =>
      virtual(line, perl, unresolved),
    ),
    ...["virtual=VIP:0", "virtual=0"].map((line) => virtual(line)),
    fine(
      "services",
      ...["virtual=VIP:65535", "virtual=VIP", "virtual=12 and more", "virtual=VIP:80 and more"],
      ...["virtual = VIP:81", "virtual=VIP:http-alt", "virtual=VIPNAME:https", "virtual=7x"],
      ...["virtual=010.1.1.1:80", "virtual=1.2:80", "virtual6=7", "virtual6=[VIP6]:http"],
      ...["virtual6=[VIP6]:81 and more", "virtual=localhost:80", "    checktype=on"],
    ),
    virtual("virtual=VIP:"),
    virtual("virtual=VIP :80"),
    twice("the same service twice", "virtual=VIP:81", "virtual=VIP:81"),
    twice("the same IPv6 service twice", "virtual6=[VIP6]:81", "virtual6=[VIP6]:81"),
    twice("by name and by number", "virtual=VIP:80", "virtual=VIPNAME:http"),
    twice("the same mark twice", "virtual=MARK", "virtual=MARK"),
    whole("a mark in both families", "virtual=MARK\n    ops=no\nvirtual6=MARK\n    ops=no\n\n"),
  ],
};

export const serverAddresses: Readings = {
  name: "addresses of servers",
  readings: [
    ...[
      ...["real=", "real=RS1", "real=RS1:80", "real=RS1:80 nat", "real=RS1:80 Gate", "real RS1:80"],
      ...["real=RS1:80 masq 1 junk", "real=RS1:80 masq abc", "real=RS1:80 masq 1.5"],
      ...["real=RS1:80 masq -3", 'real=RS1:80 masq 1 "a"', 'real=RS1:80 masq 1 "a",'],
      ...['real=RS1:80 masq 1 "a", "b" junk', "real=RS1:80 masq 1 l:5 x:3", "real=RS1:80 masq l:x"],
      ...["real=RS4->RS1:80 gate", "real=[VIP6]->[VIP6]:80 gate"],
      ...["real=RS1:nosuch gate", "real=RS1:65536 gate"],
      ...[
        "real=RS1:99999 gate",
        "real=[VIP6]:80 gate",
        "real6=RS1:80 gate",
        "real6=[VIP6]:80 gate",
      ],
      "real=300.1.1.1:80 gate",
      ...["real=RS1: gate", "real=RS1-RS3:80 gate", "real=RS1:80gate"],
      ...["real=RS1:80,gate", "Real=RS1:80 gate", 'real="RS1:80 gate"', "real=RS1:80 masq 4 5"],
      ...["real=NAME3->NAME1:80 gate"],
    ].map((line) => wrong(inside(line))),
    ...["real=:80 gate", "real=RS1:80:80 gate"].map((line) => inside(line, refused)),
    inside("real=RS1:80 gate l:10 u:5"),
    inside("real=my_host:80 gate", { ...unresolved, id: "underscores" }),
    fineInside(
      "servers",
      ...["real=RS1 gate", "real=RS1:0 gate", "real=RS1:http gate", "real=RS1:80 gate -w 7"],
      ...["real=RS1:80 masq 0", "real=RS1:80 masq 65535", "real=RS1:80 masq 65536"],
      ...["real=RS1:80 masq 99999999999", "real=RS1:80 gate l:5 u:10", "real=RS1:80 gate u:10 l:5"],
      ...['real=RS1:80 gate "l:5" "u:10"', 'real=RS1:80 gate "a" "b"', "real=RS1->RS2:80 gate 3"],
      ...['real=RS1:80 gate 3 "a", "b" l:1', "real=RS1::80 gate", "real=RS1:80 masq  # three"],
      ...['real=RS1:80 gate "/a", "b" u:5', 'real=RS1:80 gate "/a", "["', "real=VIP:80 gate"],
      ...["real=1.2:80 gate", "real=RS1->RS2->RS3:80 gate", "real=RS1,RS2:80 gate"],
    ),
    fineInside("a range that ends with a name", "real=RS1->NAME3:http ipip"),
    fineInside(
      "a range by names that stand the other way round before",
      "real=NAME3:80 masq",
      "real=NAME1->NAME3:80 masq",
    ),
    ...[
      ...["real6=RS1:80 gate", "real6=[xyz]:80 gate", "real=RS1:80 gate", "real6=VIP6:80 gate"],
      ...["real6=[RS1v6]->[RS2v6]:80 gate", "fallback=127.0.0.1:80", "fallback6=127.0.0.1:80"],
      ...["real6=[RS1v6]:80 nat", "real6=[RS1v6]:80", "fallback6=[::1]:nosuch"],
      ...["real=[RS1v6]:80 gate"],
    ].map((line) => wrong(insideOf(six, line))),
    fineInsideOf("servers of IPv6", "virtual6=[VIP6]", [
      ...["real6=[RS1v6]:80 gate 3", "real6=[RS1v6] masq", "fallback6=[::1]", "fallback6=[::1]:80"],
    ]),
    ...[
      ...["fallback=127.0.0.1:80 nat", "fallback=[::1]:80"],
      ...["fallback=127.0.0.1:nosuch", "fallback6=[::1]:80", "fallback=127.0.0.1:80 gate 5"],
      ...["fallback=127.0.0.1:65536", "fallback=300.1.1.1"],
    ].map((line) => wrong(inside(line))),
    ...[
      ...["real=host.invalid:80 gate", "real=RS1->host.invalid:80 gate"],
      ...["real=host.invalid->RS1:80 gate", "fallback=host.invalid"],
    ].map((line) => inside(line, unresolved)),
    fineInside(
      "fallbacks of services",
      ...["fallback=", "fallback=127.0.0.1", "fallback=127.0.0.1:http masq", "fallback=NAME1 ipip"],
    ),
    ...["real=RS1:80 gate", "real=RS1 gate", "fallback=127.0.0.1"].map((line) =>
      insideOf("virtual=MARK", line),
    ),
  ],
};
