import type { Endpoint } from "../src/model/address.ts";
import { err, ok } from "../src/model/result.ts";
import type { Secret } from "../src/model/secret.ts";
import { type Check, type DownReason, down, up, type Verdict } from "./check.ts";
import { bytesAsText, oneLine } from "./lib/detail.ts";
import { masked } from "./lib/mask.ts";
import { preparing, type Search } from "./lib/receive/expected.ts";
import type { RunSignal } from "./lib/run-signal.ts";
import { serverWords } from "./lib/server-words.ts";
import {
  DownNow,
  dialogue,
  dialogueOver,
  maxContentBytes,
  maxLineBytes,
  type Session,
} from "./lib/stream/dialogue.ts";
import { listenFor } from "./lib/stream/listener.ts";

/**
 * FTP: logs in, fetches the file `request`; up when `receive` is found in it. Without `receive` the
 * fetch must work; without `request` too the login is enough. RFC 959, RFC 2428.
 */
const ftp: Check = {
  services: [
    {
      name: "ftp",
      port: 21,
      defaults: (hostname) => ({ login: "anonymous", passwd: `ldirectord@${hostname}` }),
    },
  ],
  needsPort: true,
  prepare(settings) {
    const { request = "/", receive, login = "", passwd, negotiateTimeoutMs } = settings;
    const problems: string[] = [];
    for (const [name, value] of [
      ["request", request],
      ["login", login],
      ["passwd", passwd?.reveal() ?? ""],
    ] as const) {
      if (/[\r\n\0]/.test(value))
        problems.push(`${name}: has a character that ends an FTP command`);
    }
    const asked: Omit<Plan, "search"> = {
      login: login || "anonymous",
      // Anonymous servers like something with an @. RFC 1635.
      noPassword: login === "" ? "anonymous@" : "",
      file: request.startsWith("/") ? request : `/${request}`,
    };
    const rest = problems.length > 0 ? err(problems) : ok(asked);
    return preparing(receive, rest, (plan, expected) =>
      masked(settings, {
        timeoutMs: negotiateTimeoutMs,
        probeKey: JSON.stringify([plan.login, passwd?.reveal(), plan.file, receive]),
        probe: (target, signal) => {
          const search = expected?.search(target, signal, negotiateTimeoutMs);
          return dialogue(target, { signal }, (session) =>
            talk(session, target, signal, { ...plan, search }, passwd),
          );
        },
      }),
    );
  },
};
export default ftp;

interface Plan {
  /** For want of `passwd`. */
  readonly noPassword: string;
  readonly login: string;
  /** From the root. */
  readonly file: string;
  readonly search: Search | undefined;
}

async function talk(
  session: Session,
  target: Endpoint,
  signal: RunSignal,
  plan: Plan,
  passwd: Secret | undefined,
): Promise<Verdict> {
  const ask: Ask = (command) => {
    if (command !== undefined) session.send(`${command}\r\n`);
    return replyFrom(session, passwd);
  };
  let greeting = await ask();
  while (greeting.code === 120) greeting = await ask();
  expect(greeting, 220, "status");

  let login = await ask(`USER ${plan.login}`);
  if (login.code === 331) login = await ask(`PASS ${passwd?.reveal() ?? plan.noPassword}`);
  expect(login, 2, loginRefusals.has(login.code) ? "auth" : "status");

  const isLoginEnough = plan.file === "/" && plan.search === undefined;
  const verdict = isLoginEnough
    ? up(login.text)
    : await fetchFile({ ask, local: session.local, target, signal }, plan);
  session.send("QUIT\r\n");
  return verdict;
}

interface Control {
  readonly ask: Ask;
  /** Our end of the control connection. */
  readonly local: Endpoint;
  readonly target: Endpoint;
  readonly signal: RunSignal;
}

async function fetchFile(control: Control, plan: Plan): Promise<Verdict> {
  const { ask, target, signal } = control;
  // Where the session already is, mostly; a server that does not let us there may still give the file.
  await ask("CWD /");
  expect(await ask("TYPE I"), 2, "status");
  const port = await passivePort(ask, target);
  if (port === undefined) return fetchActively(control, plan);
  return dialogue({ address: target.address, port }, { signal }, async (connection) => {
    expect(await ask(`RETR ${plan.file}`), 1, "status");
    return judge(ask, connection, plan);
  });
}

/** The server connects to us: for one that allows nothing else. From other addresses nothing is taken. */
async function fetchActively(
  { ask, local, target, signal }: Control,
  plan: Plan,
): Promise<Verdict> {
  using listener = await listenFor(target.address, local.address, signal);
  expect(await ask(invitation(listener.local)), 2, "status");
  expect(await ask(`RETR ${plan.file}`), 1, "status");
  return await dialogueOver(listener.accepted, { signal }, (connection) =>
    judge(ask, connection, plan),
  );
}

/** RFC 959 §4.1.2; RFC 2428 §2. */
const invitation = ({ address, port }: Endpoint): string =>
  address.includes(":")
    ? `EPRT |2|${address}|${port}|`
    : `PORT ${[...address.split("."), port >> 8, port & 255].join(",")}`;

async function judge(ask: Ask, connection: Session, { file, search }: Plan): Promise<Verdict> {
  const text = await contentOf(connection);
  const size = `${text.length} bytes`;
  const found = await search?.firstOf([text]);
  if (found !== undefined) return up(oneLine(`${file}: ${size}`));
  if (text.length < maxContentBytes) expect(await ask(), 2, "status");
  if (search === undefined) return up(oneLine(`${file}: ${size}`));
  const start = JSON.stringify(oneLine(bytesAsText(text), 60));
  return down(
    "mismatch",
    oneLine(`receive "${search.receive}" is not in ${file} of ${size}: ${start}`, 300),
  );
}

/** All of it, or its first half MiB. */
async function contentOf(connection: Session): Promise<string> {
  const parts: string[] = [];
  for (let bytes = 0; bytes < maxContentBytes; ) {
    const part = await connection.bytes(Math.min(maxLineBytes, maxContentBytes - bytes));
    if (part === "") break;
    parts.push(part);
    bytes += part.length;
  }
  return parts.join("");
}

/**
 * The port for the file; undefined when the server does not do that. The address that a PASV reply names is
 * not looked at: it would let a server send us to other hosts, and is wrong behind address translation.
 * IPv6 has only EPSV (RFC 2428 §3).
 */
async function passivePort(ask: Ask, { address }: Endpoint): Promise<number | undefined> {
  const ways = [
    { command: "PASV", code: 227, portOf: pasvPort },
    { command: "EPSV", code: 229, portOf: epsvPort },
  ] as const;
  for (const { command, code, portOf } of address.includes(":") ? ways.slice(1) : ways) {
    const reply = await ask(command);
    const port = portOf(reply.text);
    if (reply.code === code && isPort(port)) return port;
    if (reply.code < 500)
      throw new DownNow(
        reply.code < 400 ? "protocol" : "status",
        oneLine(`${command}: ${reply.text}`),
      );
  }
  return undefined;
}

function pasvPort(reply: string): number {
  const [, high, low] = /(?:\d+,){4}(\d{1,3}),(\d{1,3})/.exec(reply) ?? [];
  return Number(high) * 256 + Number(low);
}

const epsvPort = (reply: string): number =>
  Number(/\(([\x21-\x7e])\1\1(\d{1,5})\1\)/.exec(reply)?.[2]);

const isPort = (port: number): boolean => port > 0 && port < 0x10000;

interface Reply {
  readonly code: number;
  /** Its last line, the code included, fit for a log line. */
  readonly text: string;
}

/** "Not logged in", and that an account is wanted too (RFC 959 §4.2); 430 is what some servers say for a wrong password. */
const loginRefusals: ReadonlySet<number> = new Set([530, 430, 332, 532]);

/** Sends a command, if any, and reads one reply. */
type Ask = (command?: string) => Promise<Reply>;

/** One reply of one or more lines. RFC 959 §4.2. @param passwd what a server may repeat, and we do not */
async function replyFrom(session: Session, passwd: Secret | undefined): Promise<Reply> {
  const first = await session.line();
  if (!/^[1-6]\d\d(?:[ -]|$)/.test(first))
    throw new DownNow("protocol", oneLine(`no FTP reply: ${serverWords(first, passwd)}`));
  const code = first.slice(0, 3);
  let line = first;
  if (first.charAt(3) === "-") {
    do line = await session.line();
    while (!line.startsWith(`${code} `) && line !== code);
  }
  return { code: Number(code), text: serverWords(line, passwd) };
}

/** @param wanted a whole code, or the first digit of many */
function expect(reply: Reply, wanted: number, reason: DownReason): void {
  const { code } = reply;
  if (code !== wanted && Math.floor(code / 100) !== wanted) throw new DownNow(reason, reply.text);
}
