import { afterEach, expect, test, vi } from "vitest";
import { createServiceManager, takeNotifySocket } from "../../../src/process/service-manager.ts";

afterEach(() => vi.useRealTimers());

const self = { pid: 47, parentPid: 9 };

test.for<[name: string, env: Record<string, string>, parentPid: number, isInvited: boolean]>([
  ["started by systemd itself", { NOTIFY_SOCKET: "/run/n", SYSTEMD_EXEC_PID: "47" }, 9, true],
  ["a socket without a file", { NOTIFY_SOCKET: "@n", SYSTEMD_EXEC_PID: "47" }, 9, true],
  ["a script of another service", { NOTIFY_SOCKET: "/run/n", SYSTEMD_EXEC_PID: "46" }, 9, false],
  ["an old systemd", { NOTIFY_SOCKET: "/run/n" }, 1, true],
  ["a script of another service, old systemd", { NOTIFY_SOCKET: "/run/n" }, 9, false],
  ["no socket", { SYSTEMD_EXEC_PID: "47" }, 1, false],
  ["a socket of another kind", { NOTIFY_SOCKET: "vsock:2:1", SYSTEMD_EXEC_PID: "47" }, 9, false],
])("%s", ([, env, parentPid, isInvited]) => {
  expect(takeNotifySocket(env, { ...self, parentPid }) !== undefined).toBe(isInvited);
  expect(env).toEqual({});
});

test.for<[name: string, env: Record<string, string>, watchdogMs: number | undefined]>([
  ["the watchdog's time", { WATCHDOG_USEC: "30000000", WATCHDOG_PID: "47" }, 30_000],
  ["a watchdog of nobody in particular", { WATCHDOG_USEC: "30000000" }, 30_000],
  ["another process's watchdog", { WATCHDOG_USEC: "30000000", WATCHDOG_PID: "46" }, undefined],
  ["none", {}, undefined],
])("%s", ([, env, watchdogMs]) => {
  const invitation = takeNotifySocket(
    { NOTIFY_SOCKET: "/run/n", SYSTEMD_EXEC_PID: "47", ...env },
    self,
  );
  expect(invitation?.watchdogMs).toBe(watchdogMs);
});

function manager(watchdogMs?: number) {
  const told: string[] = [];
  const send = (data: Buffer) => told.push(data.toString()) > 0;
  const socket = { send, close: () => told.push("closed") };
  const options = watchdogMs === undefined ? {} : { watchdogMs };
  return { told, manager: createServiceManager(options, socket, () => 4711n) };
}

test("the life of a service, as systemd wants to hear it", () => {
  const { told, manager: systemd } = manager();
  systemd.ready();
  systemd.status("1 of 2 up");
  systemd.status("1 of 2 up");
  systemd.reloading();
  systemd.ready();
  systemd.stopping();
  systemd.close();
  expect(told).toEqual([
    "READY=1",
    "STATUS=1 of 2 up",
    "RELOADING=1\nMONOTONIC_USEC=4711",
    "READY=1",
    "STOPPING=1",
    "closed",
  ]);
});

test("the watchdog is fed at half its time, until the end", () => {
  vi.useFakeTimers();
  const { told, manager: systemd } = manager(10_000);
  vi.advanceTimersByTime(14_999);
  expect(told).toEqual(["WATCHDOG=1", "WATCHDOG=1"]);
  systemd.close();
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveLength(3);
});
