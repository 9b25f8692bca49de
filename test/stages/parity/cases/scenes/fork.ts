import type { Difference } from "../../case.ts";
import type { Scene } from "../../scene.ts";
import { dies, external, hup, named, returns, rounds, start, stop } from "./words.ts";

const fork: Difference = {
  id: "fork",
  original: /^(Child not running|Spawned child|Killing child) /,
};

/** The original's child of a virtual service, by its title. */
const child = "pgrep -f '^ldirectord tcp:' | head -1";

export const forkScenes: readonly Scene[] = [
  {
    name: "fork=yes",
    files: {
      "/etc/ha.d/web.cf": `checkinterval=1\nfork=yes\nautoreload=yes\nmaintenancedir=/srv/maintenance\n${external}\n`,
    },
    differs: [fork],
    acts: [
      start,
      dies,
      returns,
      hup,
      named("a child is killed", `pid=$(${child}); [[ $pid ]] && kill -9 $pid; ${rounds(2)}`),
      { ...dies, name: "the server dies, after the child" },
      { ...returns, name: "the server returns, after the child" },
      named("into maintenance", "touch /srv/maintenance/RS1"),
      named("and out", "rm /srv/maintenance/RS1"),
      named("edited", "sed -i 's/masq$/masq 4/' /etc/ha.d/web.cf"),
      { ...dies, name: "the server dies, after the edit" },
      named("fork=no by an edit", "sed -i s/fork=yes/fork=no/ /etc/ha.d/web.cf"),
      { ...returns, name: "the server returns, without children" },
      stop,
    ],
  },
];
