import type { Logger } from "../log/logger.ts";

/** What a signal asks of the daemon. */
type Wish = { readonly kind: "stop"; readonly signal: string } | { readonly kind: "reload" };

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

/** They would kill us; and to USR1 Node answers with a debugger's port. */
const ignoredSignals = ["SIGUSR1", "SIGUSR2", "SIGALRM"] as const;

export interface Signals {
  /** The next wish, waited for if there is none. Several reloads in a row are one; after a stop there is only stop. */
  next(): Promise<Wish>;
  /** Back to what the system does with them. */
  close(): void;
}

/** From here on no signal but KILL ends this process in the middle of its work. */
export function catchSignals(log: Logger): Signals {
  let stop: Wish | undefined;
  let isReloadWanted = false;
  let wake: (() => void) | undefined;

  const listeners: [NodeJS.Signals, () => void][] = [
    ...stopSignals.map((name): [NodeJS.Signals, () => void] => [
      name,
      () => {
        // A second one changes nothing: the clean-up that the first began goes on.
        stop ??= { kind: "stop", signal: name.slice(3) };
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
