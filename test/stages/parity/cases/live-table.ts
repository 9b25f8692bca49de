import type { Case, Difference, Event, Group } from "../case.ts";

const file = (lines = "", real = "real=RS1:80 masq 2"): string => `
virtual=VIP:80
    ${real}
    checktype=connect
    cleanstop=no
    ${lines}
`;

/** What stands in the kernel's table before the daemons start. */
const over = (
  name: string,
  rows: string,
  text = file(),
  more: readonly Event[] = [],
  differs?: readonly Difference[],
): Case => ({
  name,
  file: text,
  before: [...more, ...rows.split("; ").map((row): Event => ({ hand: `ipvsadm ${row}` }))],
  ...(differs && { differs }),
});
const dead: readonly Event[] = [{ down: "RS1" }];

/** Starts over a table that is there already; and each is stopped and started again, with cleanstop=no. */
export const liveTable: Group = {
  name: "over a live table",
  globals: "checkinterval=1\nchecktimeout=8\n",
  life: ["stop", "start", "kill", "start", "stop"],
  cases: [
    over("as the file has it", "-A -t VIP:80 -s wrr; -a -t VIP:80 -r RS1:80 -m -w 2"),
    over("another weight", "-A -t VIP:80 -s wrr; -a -t VIP:80 -r RS1:80 -m -w 5"),
    over("another method", "-A -t VIP:80 -s wrr; -a -t VIP:80 -r RS1:80 -g -w 2"),
    over("thresholds", "-A -t VIP:80 -s wrr; -a -t VIP:80 -r RS1:80 -m -w 2 -x 9 -y 3"),
    over("another scheduler", "-A -t VIP:80 -s rr; -a -t VIP:80 -r RS1:80 -m -w 2"),
    over(
      "persistence that the file has not",
      "-A -t VIP:80 -s wrr -p 60; -a -t VIP:80 -r RS1:80 -m -w 2",
    ),
    over("no servers in it", "-A -t VIP:80 -s wrr"),
    over("quiesced, and alive", "-A -t VIP:80 -s wrr; -a -t VIP:80 -r RS1:80 -m -w 0"),
    over("quiesced, and dead", "-A -t VIP:80 -s wrr; -a -t VIP:80 -r RS1:80 -m -w 0", file(), dead),
    over(
      "quiesced, and dead, quiescent=yes",
      "-A -t VIP:80 -s wrr; -a -t VIP:80 -r RS1:80 -m -w 0",
      file("quiescent=yes"),
      dead,
    ),
    over("in use, and dead", "-A -t VIP:80 -s wrr; -a -t VIP:80 -r RS1:80 -m -w 2", file(), dead),
    over(
      "in use, and dead, quiescent=yes",
      "-A -t VIP:80 -s wrr; -a -t VIP:80 -r RS1:80 -m -w 2",
      file("quiescent=yes"),
      dead,
    ),
    over(
      "in use, and dead, fallback",
      "-A -t VIP:80 -s wrr; -a -t VIP:80 -r RS1:80 -m -w 2",
      file("fallback=SORRY:80"),
      dead,
    ),
    over(
      "a server that the file has not",
      "-A -t VIP:80 -s wrr; -a -t VIP:80 -r RS1:80 -m -w 2; -a -t VIP:80 -r RS3:80 -m -w 2",
    ),
    over(
      "its fallback, and a server",
      "-A -t VIP:80 -s wrr; -a -t VIP:80 -r RS1:80 -m -w 2; -a -t VIP:80 -r SORRY:80 -g -w 1",
      file("fallback=SORRY:80"),
    ),
    over(
      "its fallback only",
      "-A -t VIP:80 -s wrr; -a -t VIP:80 -r SORRY:80 -g -w 1",
      file("fallback=SORRY:80"),
      dead,
    ),
    over(
      "another fallback",
      "-A -t VIP:80 -s wrr; -a -t VIP:80 -r RS6:80 -g -w 1",
      file("fallback=SORRY:80"),
      dead,
    ),
    over("a foreign service", "-A -t VIP2:80 -s rr; -a -t VIP2:80 -r RS5:80 -g -w 3"),
    over(
      "a foreign service on another port",
      "-A -t VIP:443 -s rr; -a -t VIP:443 -r RS5:443 -g -w 3",
    ),
    over("a foreign udp service", "-A -u VIP:80 -s rr; -a -u VIP:80 -r RS5:80 -g -w 3"),
    over("a foreign firewall mark", "-A -f MARK -s rr; -a -f MARK -r RS5:0 -g -w 3"),
    over(
      "its firewall mark",
      "-A -f MARK -s wrr; -a -f MARK -r RS1:80 -g -w 2",
      "\nvirtual=MARK\n    real=RS1:80 gate 2\n    checktype=connect\n    cleanstop=no\n",
    ),
    over(
      "its IPv6 service",
      "-A -t [VIP6]:80 -s wrr; -a -t [VIP6]:80 -r [RS1v6]:80 -m -w 2",
      "\nvirtual6=[VIP6]:80\n    real6=[RS1v6]:80 masq 2\n    checktype=connect\n    cleanstop=no\n",
    ),
    over(
      "the foreign service that it will share an address with, cleanstop=yes",
      "-A -t VIP:443 -s rr",
      file("cleanstop=yes"),
    ),
    over(
      "checktype=off, in use",
      "-A -t VIP:80 -s wrr; -a -t VIP:80 -r RS1:80 -m -w 2",
      file("checktype=off"),
    ),
  ],
};

const hand = (name: string, command: string): { name: string; events: Event[] } => ({
  name,
  events: [{ hand: command }],
});

/** Another hand changes the table while the daemons run. */
export const otherHand: Group = {
  name: "another hand",
  differs: [{ id: "drift", ours: /^The IPVS table was changed by another hand: / }],
  globals: "checkinterval=1\nchecktimeout=8\n",
  cases: [
    {
      name: "a weight set by hand",
      file: file(),
      steps: [
        hand("weight 9", "ipvsadm -e -t VIP:80 -r RS1:80 -m -w 9"),
        { name: "it dies", events: [{ down: "RS1" }] },
        { name: "it returns", events: [{ up: "RS1" }] },
      ],
    },
    {
      name: "drained by hand",
      file: file("quiescent=yes"),
      steps: [
        // Ours looks at the table every five seconds.
        { ...hand("weight 0", "ipvsadm -e -t VIP:80 -r RS1:80 -m -w 0"), rounds: 8 },
        { name: "it dies", events: [{ down: "RS1" }] },
        { name: "it returns", events: [{ up: "RS1" }] },
      ],
    },
    {
      name: "a row removed by hand",
      file: file(),
      steps: [hand("removed", "ipvsadm -d -t VIP:80 -r RS1:80")],
      differs: [{ id: "drift", ours: /changed by another hand|RS1:80|10\.\d+\.\d+\.1:80/ }],
    },
    {
      name: "a foreign service comes and goes",
      file: file(),
      steps: [
        hand("added", "ipvsadm -A -t VIP2:80 -s rr; ipvsadm -a -t VIP2:80 -r RS5:80 -g -w 3"),
        { name: "ours dies", events: [{ down: "RS1" }] },
        hand("removed", "ipvsadm -D -t VIP2:80"),
      ],
    },
  ],
};
