import type { Logger } from "../log/logger.ts";

/** What a signal asks of the daemon. */
type SignalRequest =
  | {
      readonly kind: "stop";
      readonly signal: string;
      /** The table stays as it is, for the one that comes next. */
      readonly isHandOver: boolean;
    }
  | { readonly kind: "reload" };

// The kernel's own SEGV, BUS, ILL and FPE are left alone: after them nothing of ours can run safely.
const stopSignals = [
  "SIGTERM",
  "SIGINT",
  "SIGQUIT",
  "SIGABRT",
  "SIGXCPU",
  "SIGXFSZ",
  "SIGSYS",
] as const;

/** The original dies of it and leaves its table behind; we end in order and do the same. */
export const handOverSignal = "SIGUSR2" satisfies NodeJS.Signals;

/** They would kill us; and to USR1 Node answers with a debugger's port. */
const ignoredSignals = ["SIGUSR1", "SIGALRM"] as const;

export interface Signals {
  /** The next wish, waited for if there is none. Several reloads in a row are one; after a stop there is only stop. */
  next(): Promise<SignalRequest>;
  /** Back to what the system does with them. */
  close(): void;
}

/** From here on no signal but KILL ends this process in the middle of its work. */
export function catchSignals(log: Logger): Signals {
  let stop: SignalRequest | undefined;
  let isReloadWanted = false;
  let wake: (() => void) | undefined;

  const listeners: [NodeJS.Signals, () => void][] = [
    ...([...stopSignals, handOverSignal] as const).map((name): [NodeJS.Signals, () => void] => [
      name,
      () => {
        // A second one changes nothing: the clean-up that the first began goes on.
        stop ??= { kind: "stop", signal: name.slice(3), isHandOver: name === handOverSignal };
        wake?.();
      },
    ]),
    ...ignoredSignals.map((name): [NodeJS.Signals, () => void] => [
      name,
      () => log.event("signal-ignored", { signal: name.slice(3) }),
    ]),
    [
      "SIGHUP",
      () => {
        isReloadWanted = true;
        wake?.();
      },
    ],
  ];
  for (const [name, listener] of listeners) process.on(name, listener);

  return {
    async next() {
      while (stop === undefined && !isReloadWanted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (stop !== undefined) return stop;
      isReloadWanted = false;
      return { kind: "reload" };
    },
    close() {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}
