import type { Ready } from "../daemon/prepare.ts";
import { waitsForStart } from "../ini/sections.ts";
import { Secret } from "../model/secret.ts";
import { serviceId, type VirtualService } from "../model/virtual-service.ts";
import type { Change, Field } from "./change.ts";
import {
  alertSettings,
  globalSettings,
  iniSettings,
  type Setting,
  type Settings,
  virtualSettings,
} from "./settings.ts";

type File = Pick<Ready, "config" | "ini">;

/** What else is other than before: of services that both name, and of the whole. */
export function settingChanges(before: File, after: File): readonly Change[] {
  const old = new Map(before.config.virtuals.map((virtual) => [serviceId(virtual.key), virtual]));
  const waiting = new Set(waitsForStart(before.ini, before.ini, after.ini));
  const ofIni = changesOf(iniSettings, before.ini, after.ini).map((change): Change => {
    const waits = change.fields.some(({ name }) => waiting.has(name));
    return waits ? { ...change, because: "when the daemon is started again" } : change;
  });
  return [
    ...changesOf(globalSettings, before.config, after.config),
    ...ofIni,
    ...after.config.virtuals.flatMap((virtual) => {
      const was = old.get(serviceId(virtual.key));
      return was === undefined ? [] : virtualChanges(was, virtual);
    }),
  ];
}

const virtualChanges = (before: VirtualService, after: VirtualService): readonly Change[] =>
  [
    ...changesOf(virtualSettings, before, after),
    ...changesOf(alertSettings, before.alerts ?? {}, after.alerts ?? {}),
  ].map((change) => ({ ...change, virtual: serviceId(after.key) }));

/** One change for each setting that differs. */
function changesOf<T extends object>(
  settings: Settings<T>,
  before: Partial<T>,
  after: Partial<T>,
): readonly Change[] {
  const names = Object.keys(settings) as (keyof T)[];
  return names.flatMap((name) => {
    const setting = settings[name];
    if (setting === "elsewhere") return [];
    const field = fieldOf(setting, before[name], after[name]);
    return field === undefined
      ? []
      : [{ part: setting.part, action: "change" as const, fields: [field] }];
  });
}

function fieldOf<T>(
  { directive, write }: Setting<NonNullable<T>>,
  before: T | undefined,
  after: T | undefined,
): Field | undefined {
  const was = before == null ? undefined : write(before);
  const is = after == null ? undefined : write(after);
  const areSecret = before instanceof Secret && after instanceof Secret;
  if (areSecret ? before.equals(after) : was === is) return undefined;
  return {
    name: directive,
    ...(was !== undefined && { before: was }),
    ...(is !== undefined && { after: is }),
  };
}
