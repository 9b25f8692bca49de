import { hostname } from "node:os";
import type { WholeFile } from "../files/whole-file.ts";
import type { HealthView } from "../health/view.ts";
import type { AlertRoute } from "../ini/alert-settings.ts";
import type { Logger } from "../log/logger.ts";
import type { Endpoint } from "../model/address.ts";
import { messageOf } from "../model/error-text.ts";
import { serviceId, type VirtualService } from "../model/virtual-service.ts";
import { type Alert, createAlert, stateOf } from "./alert.ts";
import type { Told } from "./book.ts";
import type { Means } from "./deliver/senders.ts";
import { levelsOf, troubleId } from "./levels.ts";
import { noticeOf, type Teller, testNotice } from "./notice-of.ts";
import { overheard } from "./own-trouble.ts";
import { type AlertState, type AlertStates, stateText } from "./state.ts";
import type { Ending, Trouble } from "./trouble.ts";

export interface IncidentsOptions extends Means {
  readonly instance: string;
  readonly view: HealthView;
  /** Why a real server is down, in one line. */
  readonly why: (serviceId: string, real: Endpoint) => string;
  /** Another director tells of this service. */
  readonly isSpare: (serviceId: string) => boolean;
  /** Where what is open outlives the daemon. Without it, it ends with it. */
  readonly file?: WholeFile;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** How one `[alert …]` does. */
export interface AlertShown {
  readonly name: string;
  readonly to: AlertRoute["receiver"]["to"];
  /** Incidents that are open, */
  readonly open: number;
  /** and messages that wait for the receiver. */
  readonly waiting: number;
  /** Why the last try to tell it failed. */
  readonly trouble?: string;
}

/** Who tries whether a message arrives waits no longer. */
const testPatienceMs = 40_000;

/** `[alert …]`: tells people of what is wrong, one message an incident. */
export interface Incidents {
  /** The log, by which the director's own trouble is heard. */
  readonly log: Logger;
  /** A virtual service has been looked at anew. @param virtual undefined: it is not in the file any more */
  onBrought(service: { readonly id: string; readonly virtual: VirtualService | undefined }): void;
  /** From now on these alerts, and these services. A reload has worked, if it was one. */
  follow(virtuals: readonly VirtualService[], routes: readonly AlertRoute[]): Promise<void>;
  now(): readonly AlertShown[];
  /** Sends a message that says that it is a test, once. @returns why it did not arrive; `false`: there is no such alert */
  test(name: string): Promise<true | false | string>;
  /** What is under way may still arrive for so long; what waits is for the next daemon. */
  stop(patienceMs: number): Promise<void>;
}

export function createIncidents(options: IncidentsOptions): Incidents {
  const { log, view, why, isSpare, file, instance } = options;
  const now = options.now ?? Date.now;
  let alerts: readonly Alert[] = [];
  let found: Promise<AlertStates> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let saving: Promise<void> | undefined;
  let isSavedAgain = false;
  let isUnsavedTold = false;
  /** The file of an earlier daemon is there, for all that we know. */
  let isWritten = true;

  const load = async (): Promise<AlertStates> => {
    if (file === undefined) return new Map();
    try {
      const { value, setAside } = await file.load(async (text) => {
        // Only who has incidents pays for what reads them.
        const { readStates } = await import("./read-states.ts");
        return readStates(text, now());
      });
      if (setAside) log.event("incidents-set-aside", { path: file.path, ...setAside });
      return value ?? new Map();
    } catch (error) {
      const cause = messageOf(error);
      log.event("incidents-unsaved", { path: file.path, cause });
      return new Map();
    }
  };
  /** @returns how long the making of it has taken, in milliseconds */
  const write = async (): Promise<number> => {
    if (file === undefined) return 0;
    const from = performance.now();
    const states = new Map(
      alerts.flatMap((alert): [string, AlertState][] => {
        const state = stateOf(alert);
        return state === undefined ? [] : [[alert.route.name, state]];
      }),
    );
    const text = stateText(states, now());
    const costMs = performance.now() - from;
    if (text === undefined && !isWritten) return costMs;
    try {
      await file.save(text);
      isWritten = text !== undefined;
      isUnsavedTold = false;
    } catch (error) {
      if (!isUnsavedTold) {
        log.event("incidents-unsaved", { path: file.path, cause: messageOf(error) });
      }
      isUnsavedTold = true;
    }
    return costMs;
  };
  const save = (): void => {
    if (saving !== undefined) {
      isSavedAgain = true;
      return;
    }
    // In a turn of its own: what changes together is written together.
    saving = new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      do {
        isSavedAgain = false;
        const costMs = await write();
        // Of many it costs some: never more than a twentieth of the time.
        if (isSavedAgain && !isStopped) await later(20 * costMs);
      } while (isSavedAgain);
      saving = undefined;
    });
  };

  const teller = ({ route }: Alert): Teller => ({
    alert: route.name,
    director: hostname(),
    instance,
  });
  /** What the spare keeps to itself counts as told, by the other. */
  const isOthers = ({ incident }: Told): boolean => {
    const members = [...incident.members.values()];
    return members.every(({ service }) => service !== undefined && isSpare(service));
  };
  const tell = (alert: Alert, told: Told): void => {
    if (isOthers(told)) return;
    const notice = noticeOf(told, teller(alert), now());
    const { incident, title, open, troubles } = notice;
    const about = { alert: alert.route.name, incident, title };
    if (told.event === "opened") log.event("incident-opened", { ...about, troubles });
    else if (told.event === "updated") log.event("incident-updated", { ...about, open, troubles });
    else {
      const seconds = Math.round((now() - told.incident.openedAt) / 1000);
      log.event("incident-closed", { ...about, seconds });
    }
    alert.lane.add(notice);
  };
  /** Tells what is due, and comes again when more is. */
  const tellDue = (): void => {
    clearTimeout(timer);
    if (isStopped) return;
    let next: number | undefined;
    for (const alert of alerts) {
      for (const told of alert.book.tell(now())) tell(alert, told);
      const due = alert.book.next();
      if (due !== undefined) next = Math.min(due, next ?? due);
    }
    save();
    if (next === undefined) return;
    timer = setTimeout(tellDue, Math.min(Math.max(20, next - now()), 60_000));
    timer.unref();
  };

  const set = (trouble: Trouble, is: "wrong" | Ending, among = alerts): boolean => {
    let isNews = false;
    for (const { book, wants } of among) {
      if (is === "wrong" && wants(trouble)) isNews = book.failed(trouble, now()) || isNews;
      else if (is !== "wrong") isNews = book.over(trouble.id, is, now()) || isNews;
    }
    return isNews;
  };
  const look = (virtual: VirtualService, among = alerts): boolean =>
    levelsOf(virtual, view, why).reduce(
      (isNews, { trouble, is }) => set(trouble, is, among) || isNews,
      false,
    );
  const isOwnNews = (isNews: boolean): void => {
    if (isNews) tellDue();
  };

  /** Those that a reload leaves as they are go on, with what is on its way. */
  const alertFor = async (route: AlertRoute, states: AlertStates): Promise<Alert> => {
    const before = alerts.find((each) => each.route.name === route.name);
    if (before !== undefined && sameRoute(before.route, route)) return before;
    await before?.lane.stop(0);
    const state = before === undefined ? states.get(route.name) : stateOf(before);
    return createAlert(route, options, state, save);
  };

  return {
    log: overheard(log, {
      failed: (trouble) => isOwnNews(set(trouble, "wrong")),
      over: (id) => {
        const ended = alerts.map(({ book }) => book.over(id, "recovered", now()));
        isOwnNews(ended.includes(true));
      },
    }),
    onBrought({ id, virtual }) {
      if (isStopped || alerts.length === 0) return;
      if (virtual !== undefined) return isOwnNews(look(virtual));
      for (const { book } of alerts) book.keep(({ service }) => service !== id, now());
      tellDue();
    },
    async follow(virtuals, routes) {
      const isFirst = found === undefined;
      if (isFirst && routes.length === 0) return;
      found ??= load();
      const states = isFirst ? await found : new Map();
      const next = await Promise.all(routes.map((route) => alertFor(route, states)));
      const left = alerts.filter(({ route }) => !routes.some(({ name }) => name === route.name));
      await Promise.all(left.map(({ lane }) => lane.stop(0)));
      if (isStopped) return;
      alerts = next;
      const known = new Set(
        virtuals.flatMap(({ key, reals }) => {
          const service = serviceId(key);
          return [service, ...reals.map(({ endpoint }) => troubleId(service, endpoint))];
        }),
      );
      for (const { book, wants } of alerts) {
        book.keep((each) => wants(each) && (each.topic !== "servers" || known.has(each.id)), now());
        book.over("reload-refused", "recovered", now());
      }
      for (const virtual of virtuals) look(virtual);
      tellDue();
    },
    now: () =>
      alerts.map(({ route, book, lane }) => ({
        name: route.name,
        to: route.receiver.to,
        open: book.open,
        waiting: lane.waiting.length,
        ...(lane.trouble !== undefined && { trouble: lane.trouble }),
      })),
    async test(name) {
      const alert = alerts.find(({ route }) => route.name === name);
      if (alert === undefined) return false;
      const patience = AbortSignal.timeout(testPatienceMs);
      const isOver = new Promise<string>((resolve) => {
        patience.onabort = () => resolve(`no end within ${testPatienceMs / 1000} s`);
      });
      const sent = alert.send([testNotice(teller(alert), now())], patience);
      return Promise.race([sent.then(() => true as const, messageOf), isOver]);
    },
    async stop(patienceMs) {
      isStopped = true;
      clearTimeout(timer);
      await Promise.all(alerts.map(({ lane }) => lane.stop(patienceMs)));
      save();
      while (saving !== undefined) await saving;
    },
  };
}

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const sameRoute = (a: AlertRoute, b: AlertRoute): boolean =>
  JSON.stringify(a, withoutPlaces) === JSON.stringify(b, withoutPlaces);
const withoutPlaces = (key: string, value: unknown): unknown =>
  key === "place" ? undefined : value;
