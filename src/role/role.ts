/** Whether clients come to this director, of a pair and more, or would come only after the others. Pure. */
import { type ServiceKey, serviceId, type VirtualService } from "../model/virtual-service.ts";

export type Role = "active" | "spare";

/** What was last said of it, by whatever is followed. */
export type Word =
  /** Of this host. */
  | { readonly kind: "addresses"; readonly own: ReadonlySet<string> }
  /** Of every virtual service. */
  | { readonly kind: "role"; readonly role: Role; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };

/** Of one virtual service. */
export interface RoleState {
  readonly role: Role;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly why: string;
  /** Not to be found out: then it is active, for an alert twice is better than none. */
  readonly isUnknown?: boolean;
}

type Virtual = Pick<VirtualService, "key">;

/** By `serviceId`. @param before as it was, for `since`; @param now epoch milliseconds */
export function rolesBy(
  word: Word,
  virtuals: readonly Virtual[],
  before: ReadonlyMap<string, RoleState>,
  now: number,
): ReadonlyMap<string, RoleState> {
  const said = saidBy(word, virtuals);
  return new Map(
    virtuals.map(({ key }) => {
      const id = serviceId(key);
      const state = said(key);
      const was = before.get(id);
      return [id, { ...state, since: was?.role === state.role ? was.since : now }];
    }),
  );
}

type Said = Omit<RoleState, "since">;

function saidBy(word: Word, virtuals: readonly Virtual[]): (key: ServiceKey) => Said {
  switch (word.kind) {
    case "unknown":
      return () => ({ role: "active", why: word.why, isUnknown: true });
    case "role":
      return () => ({ role: word.role, why: word.why });
    case "addresses": {
      const ofMarks = markSaid(word.own, virtuals);
      return (key) => {
        if (key.kind === "fwmark") return ofMarks;
        const { address } = key.endpoint;
        return word.own.has(address)
          ? { role: "active", why: `${address} is on this host` }
          : { role: "spare", why: `${address} is on no interface of this host` };
      };
    }
  }
}

/** A mark has no address of its own: it goes with those of the other services. */
function markSaid(own: ReadonlySet<string>, virtuals: readonly Virtual[]): Said {
  const vips = virtuals.flatMap(({ key }) =>
    key.kind === "address" ? [key.endpoint.address] : [],
  );
  const here = vips.find((vip) => own.has(vip));
  if (here !== undefined) return { role: "active", why: `${here} is on this host` };
  return vips.length === 0
    ? { role: "active", why: "a firewall mark has no address to go by" }
    : { role: "spare", why: "no virtual address of the file is on this host" };
}

/** Those that it has, of anything. */
export const rolesHeld = (states: Iterable<RoleState>): ReadonlySet<Role> =>
  new Set([...states].map(({ role }) => role));
