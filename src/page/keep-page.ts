import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Director } from "../control/director.ts";
import type { WebSettings } from "../ini/web-keys.ts";
import type { Logger } from "../log/logger.ts";
import { keepWeb } from "../web/kept-web.ts";
import { createPage, type Page } from "./page.ts";

/** The page as the configuration wants it. */
export interface KeptPage {
  /** Goes on to these settings. Never rejects. */
  follow(settings: WebSettings | undefined): Promise<void>;
  /** Where it is now. */
  address(): string | undefined;
  close(): Promise<void>;
}

/** Each who looks has one connection that stays open, and some for a moment. */
const connections = 256;

export function keepPage(director: Director, log: Logger): KeptPage {
  let page: Page | undefined;
  const web = keepWeb({
    log,
    limits: { connections },
    serve: async (request, response, gone) => page?.serve(request, response, gone),
  });
  const follow = async (settings: WebSettings | undefined): Promise<void> => {
    // What it remembers is remembered only while somebody may look.
    if (settings?.listen === undefined) {
      page?.stop();
      page = undefined;
    } else {
      page ??= createPage({
        director,
        host: hostname(),
        epoch: randomBytes(6).toString("hex"),
        onBug: (stack) => log.event("internal-error", { stack }),
      });
    }
    await web.follow(settings);
  };
  return { follow, address: web.address, close: () => follow(undefined) };
}
