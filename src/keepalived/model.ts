/** What is of use to us of a keepalived.conf. What is not there was not written: the defaults are for convert/. */
import type { ConfPlace } from "./finding.ts";
import type { Method, Said, Server } from "./values.ts";

export interface Conf {
  readonly globals: Globals;
  readonly groups: ReadonlyMap<string, readonly VirtualAddress[]>;
  readonly virtuals: readonly VirtualServer[];
}

export interface Globals {
  readonly recipients: readonly Said<string>[];
  readonly from?: Said<string>;
  readonly smtpServer?: Said<{ readonly host: string; readonly port?: number }>;
  /** The default of all `smtp_alert`. */
  readonly isAlerting?: Said<boolean>;
}

export type VirtualAddress =
  | { readonly kind: "address"; readonly address: string; readonly port: number }
  | { readonly kind: "fwmark"; readonly mark: number; readonly family?: 4 | 6 };

/** Of a virtual server, a real server or a checker: what is not said is that of the one above. */
export interface Timing {
  readonly delayLoop?: Said<number>;
  readonly connectTimeout?: Said<number>;
  /** How many times a server that has failed is asked again before it is down. */
  readonly retry?: Said<number>;
  readonly delayBeforeRetry?: Said<number>;
}

export interface VirtualServer extends ConfPlace {
  /** `virtual_server 10.0.0.1 80`. */
  readonly what: string;
  readonly name: VirtualAddress | { readonly kind: "group"; readonly group: string };
  readonly timing: Timing;
  readonly scheduler?: Said<string>;
  /** `sh-port`, `flag-1`, …: as ipvsadm calls them. */
  readonly schedulerFlags: readonly string[];
  readonly method?: Said<Method>;
  readonly persistence?: Said<number>;
  readonly granularity?: Said<string>;
  readonly protocol?: Said<"tcp" | "udp" | "sctp">;
  readonly onePacket?: Said<true>;
  readonly family?: 4 | 6;
  readonly isInhibiting: boolean;
  readonly weight?: Said<number>;
  readonly virtualhost?: Said<string>;
  readonly isAlerting?: Said<boolean>;
  readonly sorry?: Said<Server>;
  readonly sorryMethod?: Said<Method>;
  readonly reals: readonly RealServer[];
}

export interface RealServer extends ConfPlace {
  readonly what: string;
  readonly server: Server;
  readonly timing: Timing;
  readonly weight?: Said<number>;
  readonly method?: Said<Method>;
  readonly upperThreshold?: Said<number>;
  readonly lowerThreshold?: Said<number>;
  readonly inhibiting?: Said<boolean>;
  readonly isAlerting?: Said<boolean>;
  readonly virtualhost?: Said<string>;
  readonly checkers: readonly Checker[];
}

export interface Checker extends ConfPlace {
  readonly what: string;
  readonly timing: Timing;
  /** `connect_port`. */
  readonly port?: Said<number>;
  readonly asks: Asked;
}

export type Asked =
  | { readonly kind: "tcp" | "smtp" | "ping" | "udp" | "other" }
  | { readonly kind: "http" | "https"; readonly urls: readonly Url[] }
  /** `type` in capitals; `name` as in the file. */
  | { readonly kind: "dns"; readonly type: string; readonly name: string }
  | Program;

export interface Program {
  readonly kind: "misc";
  /** The program and its arguments. */
  readonly words: Said<readonly string[]>;
  readonly timeout?: Said<number>;
  /** Its exit code is a weight, too. */
  readonly isDynamic: boolean;
}

export interface Url extends ConfPlace {
  readonly path: string;
  readonly virtualhost?: Said<string>;
  readonly digest?: Said<string>;
  readonly statusCodes?: Said<readonly StatusCodes[]>;
  readonly regex?: Said<string>;
  readonly regexOptions: readonly string[];
  /** Down when the text is found. */
  readonly isNot: boolean;
}

export type StatusCodes = readonly [first: number, last: number];
