import type { IncomingMessage } from "node:http";
import { type BaseIssue, type GenericSchema, getDotPath, safeParse } from "valibot";
import { suggestion } from "../config/text/suggestion.ts";
import { oneLine } from "../model/one-line.ts";
import { Refusal, type Route } from "./route.ts";
import { routes } from "./routes.ts";

interface UnderstoodUrl {
  readonly route: Route;
  readonly query: unknown;
}

export interface Understood extends UnderstoodUrl {
  readonly body: unknown;
}

const usualBodyBytes = 64 * 1024;

/** Which route is asked for, and with what. @throws Refusal when it is none, or its words are not its own */
export async function understand(request: IncomingMessage): Promise<Understood> {
  const { method = "", url = "" } = request;
  const { route, query } = understandUrl(method, url);
  const body = route.body && checked(route.body, await bodyOf(request, route), "body");
  return { route, query, body };
}

/** Of one that has no body. @throws Refusal likewise */
export function understandUrl(method: string, url: string): UnderstoodUrl {
  const [path = "", search = ""] = split(url);
  const route = find(method, path);
  return { route, query: checked(route.query, queryOf(search), "query") };
}

function split(url: string): readonly [string, string] {
  const at = url.indexOf("?");
  return at < 0 ? [url, ""] : [url.slice(0, at), url.slice(at + 1)];
}

function find(method: string, path: string): Route {
  const here = routes.filter((route) => route.path === path);
  const found = here.find((route) => route.method === method);
  if (found !== undefined) return found;
  if (here.length > 0) {
    const known = here.map((route) => route.method).join(" and ");
    throw new Refusal(400, `${path} takes ${known}, not ${oneLine(method)}`);
  }
  const hint = suggestion(path, new Set(routes.map((route) => route.path)));
  throw new Refusal(404, `there is no ${oneLine(path)}${hint}`);
}

/** Each word once: of two of one name it is not known which is meant. */
function queryOf(search: string): Readonly<Record<string, string>> {
  const query: Record<string, string> = Object.create(null);
  for (const [name, text] of new URLSearchParams(search)) {
    if (name in query) throw new Refusal(400, `query: ${oneLine(name)} is there twice`);
    query[name] = text;
  }
  return query;
}

/** JSON, whatever its Content-Type says. "" is {}. */
async function bodyOf(
  request: IncomingMessage,
  { maxBodyBytes = usualBodyBytes }: Route,
): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) {
      throw new Refusal(400, `body: more than ${maxBodyBytes} bytes`);
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, "body: it is no JSON");
  }
}

function checked(schema: GenericSchema | undefined, given: unknown, where: string): unknown {
  if (schema === undefined) return given;
  const read = safeParse(schema, given, { abortEarly: true });
  if (read.success) return read.output;
  throw new Refusal(400, sentence(read.issues[0], where));
}

function sentence(issue: BaseIssue<unknown>, where: string): string {
  const path = getDotPath(issue as never);
  return oneLine(`${where}: ${path ? `${path}: ` : ""}${issue.message}`);
}
