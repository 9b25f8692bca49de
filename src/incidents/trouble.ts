import type { Gravity } from "../ini/alert-settings.ts";
import { formatEndpoint } from "../model/address.ts";

/** What can be one incident together: real servers and their services, or one kind of the director's own trouble. */
export const topics = [
  "servers",
  "reload-refused",
  "director-late",
  "local-fault",
  "table-refused",
  "table-unreadable",
] as const;
export type Topic = (typeof topics)[number];

/** One thing that is wrong, from when it is found until it is over. Plain: JSON makes the same of it and back. */
export interface Trouble {
  /** The same thing has the same one each time. */
  readonly id: string;
  readonly topic: Topic;
  readonly gravity: Gravity;
  /** `serviceId` of the virtual service that it is in. Absent: it is the director's own. */
  readonly service?: string;
  /** Of a real server, as the file writes it. Absent, with a service: that has no server left. */
  readonly address?: string;
  readonly port?: number;
  /** One line. */
  readonly reason: string;
}

/** How a trouble ended: it is well again; or somebody wants it so: maintenance, a drain, a line taken out of the file. */
export const endings = ["recovered", "planned"] as const;
export type Ending = (typeof endings)[number];

/** A trouble in an incident. Times are epoch milliseconds. */
export interface Member extends Trouble {
  readonly at: number;
  /** How often it has come. */
  readonly times: number;
  readonly over?: { readonly at: number; readonly how: Ending };
}

/** As the log names it: without the protocol of its id. */
export const nameOf = (service: string): string => service.slice(service.indexOf(":") + 1);

export const realOf = ({ address = "", port = 0 }: Pick<Trouble, "address" | "port">): string =>
  formatEndpoint({ address, port });
