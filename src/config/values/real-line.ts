import { asEndpoint6 } from "./address-hint.ts";
import type { Problem } from "./reading.ts";
import { type RealTail, readRealTail } from "./real-tail.ts";

/** One `real=` line as written. */
export interface RealDraft {
  readonly host: string;
  /** The end of a range `host->endHost`. */
  readonly endHost?: string;
  /** A number or a service name; absent when the line names none. */
  readonly port?: string;
  /** Absent when the tail is wrong; then `tailProblems` holds an error. */
  readonly tail?: RealTail;
  readonly tailProblems: readonly Problem[];
  /** About the address. */
  readonly problems: readonly Problem[];
}

const address = String.raw`\d+\.\d+\.\d+\.\d+|[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]`;
const wideAddress = String.raw`\d+\.\d+\.\d+\.\d+|[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]`;
const shape = (host: string) => String.raw`(${host})(?:->(${host}))?(?::([A-Za-z0-9_-]+))?\s+(.*)`;
const whole = new RegExp(`^${shape(wideAddress)}$`, "s");
/** The original looks for an address anywhere in the value. */
const anywhere = new RegExp(shape(address), "s");

/**
 * `ADDR[->ADDR][:PORT] METHOD …`.
 * @returns undefined when no address can be made out: the original's "wrong format"
 */
export function readRealLine(value: string): RealDraft | undefined {
  const doubled = /^([\d.]+)::(\d+\s.*)$/s.exec(value);
  if (doubled !== null) {
    const [, host = "", rest = ""] = doubled;
    const draft = readRealLine(`${host}:${rest}`);
    const message = `"${host}::" is taken as "${host}:"`;
    return draft && { ...draft, problems: [...draft.problems, { severity: "warning", message }] };
  }
  const match = whole.exec(value) ?? anywhere.exec(value);
  if (match === null) return undefined;
  const [, host = "", endHost, port, flags = ""] = match;
  const { tail, problems: tailProblems } = readRealTail(flags);
  const before = value.slice(0, match.index).trim();
  return {
    host,
    ...(endHost === undefined ? {} : { endHost }),
    ...(port === undefined ? {} : { port }),
    ...(tail === undefined ? {} : { tail }),
    tailProblems,
    problems: before === "" ? [] : [skipped(before, host, value)],
  };
}

function skipped(before: string, host: string, value: string): Problem {
  const right = /:.*:/.test(before) ? asEndpoint6(value) : undefined;
  if (right !== undefined) {
    const message = `an IPv6 address needs real6 and brackets: write real6=${right} gate 1`;
    return { severity: "error", message };
  }
  // A bare number is a numeric address to the resolver (5060 is 0.0.19.196): nobody means that.
  const isNumber = /^\d+$/.test(host);
  return {
    severity: isNumber ? "error" : "warning",
    message: isNumber
      ? `${JSON.stringify(before)} is not an address; write real=192.0.2.11:80 gate 1`
      : `${JSON.stringify(before)} is ignored; the server is taken as "${host}"`,
  };
}
