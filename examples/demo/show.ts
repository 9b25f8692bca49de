import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Ipvs } from "../../src/ipvs/ipvs.ts";
import { type Endpoint, formatEndpoint } from "../../src/model/address.ts";
import { answers, Client } from "./client.ts";
import { DaemonProcess } from "./daemon-process.ts";
import type { Caption } from "./frame.ts";
import { WeightedRoundRobin } from "./round-robin.ts";
import type { Screen } from "./screen.ts";
import { tellStory } from "./story.ts";
import { Watch } from "./watch.ts";
import { startCast } from "./web-servers.ts";

export interface Theatre {
  readonly screen: Screen;
  readonly ipvs: Ipvs;
  readonly isKernel: boolean;
  /** What the table is, in words. */
  readonly table: string;
  /** How long one looks, in parts of what is meant for a person. */
  readonly pace: number;
  readonly signal: AbortSignal;
}

/** From dist/examples/demo/: the file stands with the sources. */
const ownFile = join(import.meta.dirname, "../../../examples/demo/ldirectord.cf");
const lookEveryMs = 100;
const port = 18080;

/** Sets everything up, tells the story until `signal` aborts, and takes everything down. */
export async function playShow(theatre: Theatre): Promise<void> {
  const { screen, ipvs, isKernel } = theatre;
  const folder = mkdtempSync(join(tmpdir(), "show-"));
  const path = join(folder, "web.cf");
  const cast = await startCast(port);
  const everyone = [...cast.servers, cast.sorry];
  const text = readFileSync(ownFile, "utf8").replaceAll("127.20.", `127.${cast.network}.`);
  const vip = { address: `127.${cast.network}.0.100`, port };
  const nameOf = (endpoint: Endpoint) =>
    everyone.find(({ address }) => address === endpoint.address)?.name ?? formatEndpoint(endpoint);

  // A network of the show's own is in no browser's reach.
  const pageAt = isKernel ? undefined : await freePlace();

  const failed = new AbortController();
  const ended = AbortSignal.any([theatre.signal, failed.signal]);
  const watch = new Watch(ipvs, vip, nameOf);
  const startDaemon = () =>
    new DaemonProcess({
      path,
      held: isKernel ? undefined : ipvs,
      pageAt,
      onLog: (message) => watch.hear(message),
      onDeath: (why) => failed.abort(new Error(why)),
    });

  let caption: Caption = { head: "", look: "" };
  let client: Client | undefined;
  /** Whether the kernel takes requests to the virtual service to a server. */
  let isForwarding = false;
  const robin = new WeightedRoundRobin();
  const byTheRows = () => robin.next(watch.row?.dests ?? [])?.endpoint;
  const afterFrame: (() => void)[] = [];
  const nextFrame = () => new Promise<void>((drawn) => afterFrame.push(drawn));
  const draw = async () => {
    const services = await watch.look(() => daemon.report());
    const asked = isForwarding
      ? " Requests go through it."
      : " Requests go by its rows: wrr, as IPVS does it.";
    screen.show({
      title: [
        `ldirectord-ng runs ${path}   (Ctrl-C ends it)`,
        ...(pageAt === undefined ? [] : [`In a browser: http://${pageAt}/`]),
        `Table: ${theatre.table}.${client ? asked : ""}`,
      ],
      caption,
      services,
      log: [...watch.log],
      ...(client && { requests: client.counted }),
    });
    for (const go of afterFrame.splice(0)) go();
  };
  const drawAlways = async () => {
    while (!ended.aborted) {
      await draw();
      await pause(lookEveryMs, undefined, { signal: ended }).catch(() => undefined);
    }
    for (const go of afterFrame.splice(0)) go();
  };

  writeFileSync(path, text);
  let daemon = startDaemon();
  const story = tellStory({
    servers: cast.servers,
    file: { path, text },
    daemon: {
      pid: () => daemon.pid,
      start: () => {
        daemon = startDaemon();
      },
      handOver: async () => {
        await daemon.handOver();
        watch.forgetReport();
      },
      order: (kind) => daemon.order(kind),
    },
    say: (head, look) => {
      caption = { head, look };
      return nextFrame();
    },
    letClientsIn: async () => {
      isForwarding = isKernel && (await answers(vip));
      client = new Client(isForwarding ? () => vip : byTheRows, nameOf);
    },
    count: (since) => client?.countSince(since),
    until: (what, holds) => watch.until(what, holds, ended),
    dwell: async (seconds) => {
      await pause(seconds * 1000 * theatre.pace, undefined, { signal: ended });
    },
  });
  try {
    await Promise.all([story, drawAlways()]);
  } catch (error) {
    if (failed.signal.aborted) throw failed.signal.reason;
    if (!theatre.signal.aborted) throw error;
  } finally {
    failed.abort();
    client?.stop();
    await daemon.stop();
    watch.forgetReport();
    caption = { head: "The end: everything that was started is stopped.", look: "" };
    await draw();
    await Promise.all(everyone.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A port of loopback that nobody has, and every daemon of the show has in its turn. */
async function freePlace(): Promise<string | undefined> {
  const server = createServer();
  const address = await new Promise<ReturnType<Server["address"]>>((resolve) => {
    server.once("error", () => resolve(null));
    server.listen(0, "127.0.0.1", () => resolve(server.address()));
  });
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === "string") return undefined;
  return formatEndpoint({ address: address.address, port: address.port });
}
