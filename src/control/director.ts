import type { Daemon } from "../daemon/daemon.ts";
import type { KernelSide } from "../daemon/kernel-side.ts";
import type { RunningText } from "../daemon/running-texts.ts";
import type { RecordRing } from "../log/sinks/ring.ts";
import type { Endpoint } from "../model/address.ts";
import type { VirtualService } from "../model/virtual-service.ts";
import type { OrderDesk } from "../orders/desk.ts";
import type { Plan } from "../plan/plan.ts";
import type { Beside } from "../status/causes.ts";
import type { ReloadState, Snapshot } from "../status/snapshot.ts";
import type { ServiceHealth } from "../word/health-word.ts";
import type { OnDisk } from "./on-disk.ts";
import type { SerialSnapshot } from "./shared-snapshot.ts";

/** What the control socket may ask of the daemon, and have it do. */
export interface Director {
  /** Shared by all that ask about the same time. */
  serialSnapshot(): Promise<SerialSnapshot>;
  /** What the kernel has counted, as JSON; shared likewise. @throws NetlinkError */
  serialCounters(): Promise<readonly Uint8Array[]>;
  /** Something was changed by whoever asks: what is asked for next shows it. */
  outdateSnapshot(): void;
  /** Not shared. */
  snapshot(): Promise<Snapshot>;
  /** Of these virtual services alone, and not shared. */
  snapshotOf(serviceIds: ReadonlySet<string>): Promise<Snapshot>;
  /** The word of each virtual service. */
  health(): readonly ServiceHealth[];
  /** Those of the configuration that runs. */
  virtuals(): readonly VirtualService[];
  /** What was doubtful in it. */
  warnings(): readonly string[];
  checksOf(serviceId: string, real: Endpoint): Beside;
  /** A name of the file, as it was looked up. */
  addressOf(name: string): string | undefined;
  readonly orders: OrderDesk;
  /** Who is told of incidents. */
  readonly alerts: Daemon["alerts"];
  /** Settles when it is done; the newest one's state. */
  reload(): Promise<ReloadState | undefined>;
  /** What was logged. */
  readonly records: RecordRing;
  readonly kernel: KernelSide;
  /** The files that run, without their secrets. */
  texts(): Promise<readonly RunningText[]>;
  /** What these texts would change, were they found where the files are. @throws Refusal when they cannot run */
  plan(texts: FileTexts): Promise<Plan>;
  /** The files where they are, beside what runs. Never rejects. */
  onDisk(): Promise<OnDisk>;
}

/** A configuration that whoever asks has read: nobody makes a daemon of root's read a file. */
export interface FileTexts {
  /** What it is called in what is told of it. */
  readonly path: string;
  /** Of the `ldirectord.cf`, */
  readonly cf: string;
  /** and of the `ldirectord-ng.ini`. Absent: there is none. */
  readonly ini?: string | undefined;
}
