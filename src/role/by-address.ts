import { bytesToAddress } from "../model/address.ts";
import { openHostAddresses } from "../netlink/addresses.ts";
import { type Follower, followAnswers } from "./answers.ts";
import type { Word } from "./role.ts";

/** The kernel tells of each change; this is for one that it could not tell. */
const lookEveryMs = 5_000;

/** `follow = vip`: the addresses of this host, as the kernel tells of them. */
export function followAddresses(
  tell: (word: Word) => void,
  open: (onChange: () => void) => HostAddresses | undefined = openHostAddresses,
): Follower {
  let host: HostAddresses | undefined;
  const answers = followAnswers({
    ask: async () => {
      host ??= open(() => answers.askSoon());
      const own = host?.list();
      if (own !== undefined) return { kind: "addresses", own: new Set(own.map(bytesToAddress)) };
      return { kind: "unknown", why: "the kernel can not be asked for the addresses of this host" };
    },
    intervalMs: lookEveryMs,
    what: "the kernel",
    tell,
  });
  return {
    stop: () => {
      answers.stop();
      host?.close();
    },
  };
}

/** See src/netlink/addresses.ts. */
interface HostAddresses {
  list(): readonly Buffer[] | undefined;
  close(): void;
}
