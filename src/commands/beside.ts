import type { Director } from "../control/director.ts";
import type { DirectorParts } from "../control/of-daemon.ts";
import type { IniSettings } from "../ini/sections.ts";
import type { KeptPage } from "../page/keep-page.ts";
import { controlSocketPath } from "../process/instance.ts";
import type { Invocation } from "./invocation.ts";

/** What is opened beside a daemon for those who ask: its control socket, its page. */
export interface Beside {
  /** A reload has made these the settings. Never rejects. */
  follow(ini: IniSettings): Promise<void>;
  close(): Promise<void>;
}

/** All of it takes its time to load, and is loaded when it is wanted: the table is set up by now. */
export async function openBeside(
  parts: DirectorParts,
  { ini, instance, log }: Invocation,
): Promise<Beside> {
  let made: Promise<Director> | undefined;
  const director = () => {
    made ??= import("../control/of-daemon.ts").then(({ directorOf }) => directorOf(parts));
    return made;
  };
  const path = ini.controlSocket ?? controlSocketPath(ini.rundir, instance);
  const openControl = async () => {
    const server = await import("../control/server.ts");
    return server.openControl({ path, director: await director(), log });
  };
  const control = path === "off" ? undefined : await openControl();

  let page: Promise<KeptPage> | undefined;
  const followPage = async ({ page: settings }: IniSettings): Promise<void> => {
    if (page === undefined && settings?.listen === undefined) return;
    page ??= Promise.all([import("../page/keep-page.ts"), director()]).then(
      ([{ keepPage }, asked]) => keepPage(asked, log),
    );
    await (await page).follow(settings);
  };
  await followPage(parts.daemon.current().ini);

  return {
    follow: followPage,
    close: async () => {
      await Promise.all([control?.close(), page?.then((it) => it.close())]);
    },
  };
}
