import { loadIni } from "../ini/ini.ts";
import { type IniSettings, iniDefaults } from "../ini/sections.ts";

/**
 * The settings beside `path`; the defaults for a file that cannot be read, so that `stop` may still try. What is wrong
 * with it `prepare` says.
 */
export async function readIni(
  path: string,
): Promise<{ readonly ini: IniSettings; readonly isIniBroken: boolean }> {
  const ini = await loadIni(path);
  return ini.ok ? { ini: ini.value, isIniBroken: false } : { ini: iniDefaults, isIniBroken: true };
}
