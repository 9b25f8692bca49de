import type { CheckType } from "../../model/virtual-service.ts";
import type { DirectiveName } from "../text/directives.ts";
import type { Setting, Settings } from "./read-settings.ts";

/** The first of `settings` that has this number. */
export function numberIn(
  name: DirectiveName,
  ...settings: readonly Settings[]
): number | undefined {
  const value = firstValue(name, settings);
  return typeof value === "number" ? value : undefined;
}

export function textIn(name: DirectiveName, ...settings: readonly Settings[]): string | undefined {
  const value = firstValue(name, settings);
  return typeof value === "string" ? value : undefined;
}

export function flagIn(name: DirectiveName, ...settings: readonly Settings[]): boolean | undefined {
  const value = firstValue(name, settings);
  return typeof value === "boolean" ? value : undefined;
}

export function checkTypeIn(settings: Settings): CheckType | undefined {
  const value = settings.get("checktype")?.value;
  return typeof value === "string" || typeof value === "object" ? (value as CheckType) : undefined;
}

const firstValue = (
  name: DirectiveName,
  settings: readonly Settings[],
): Setting["value"] | undefined => settings.find((each) => each.has(name))?.get(name)?.value;

/** `{ key: value }`, or nothing when there is no value: for optional properties. */
export function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
