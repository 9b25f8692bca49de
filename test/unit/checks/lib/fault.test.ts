import { describe, expect, test } from "vitest";
import { down, up } from "../../../../checks/check.ts";
import { DownNow } from "../../../../checks/lib/down-now.ts";
import { isLocalFault, LocalFault, verdictFrom, verdictOf } from "../../../../checks/lib/fault.ts";

const failed = (code: string, fields: object = {}, message = code): Error =>
  Object.assign(new Error(message), { code, ...fields });
const connecting = { syscall: "connect", address: "192.0.2.5", port: 80 };

describe("the director's own trouble is thrown on, for it says nothing about the server", () => {
  test.for([
    ..."EMFILE ENFILE ENOBUFS ENOMEM EADDRNOTAVAIL ENETDOWN EPERM EAGAIN".split(" "),
    "EAI_AGAIN",
  ])("%s", (code) => {
    const error = failed(code, connecting);
    expect(isLocalFault(error)).toBe(code);
    expect(() => verdictOf(error)).toThrow(error);
  });

  test("a fault that has no errno", () => {
    expect(isLocalFault(new LocalFault("CA_STORE", "unreadable"))).toBe("CA_STORE");
  });
});

describe.for(["ENETUNREACH", "EACCES"])("%s", (code) => {
  // A router that lost its route, a firewall, would else keep a dead server in the table for ever.
  test("is the server's when it is told by ICMP", () => {
    const error = failed(code, connecting, `connect ${code} 192.0.2.5:80`);
    expect(isLocalFault(error)).toBeUndefined();
    expect(verdictOf(error)).toMatchObject({ reason: "unreachable" });
  });

  test("is ours when we have no route, or no permission, ourselves", () => {
    const message = `connect ${code} 192.0.2.5:80 - Local (0.0.0.0:0)`;
    expect(isLocalFault(failed(code, connecting, message))).toBe(code);
    expect(isLocalFault(failed(code, { syscall: "sendto" }))).toBe(code);
    expect(isLocalFault(failed(code, { syscall: "spawn" }))).toBe(code);
  });
});

describe("what the server did is a verdict", () => {
  test.for([
    ["ECONNREFUSED", "refused", "connection refused (192.0.2.5:80)"],
    ["ECONNRESET", "closed", "connection reset (192.0.2.5:80)"],
    ["EPIPE", "closed", "connection closed while we were sending (192.0.2.5:80)"],
    ["EHOSTUNREACH", "unreachable", "no route to host (192.0.2.5:80)"],
    ["ENOPROTOOPT", "unreachable", "protocol is unreachable, says the host (192.0.2.5:80)"],
    ["ETIMEDOUT", "timeout", "no answer to the connection request (192.0.2.5:80)"],
    ["CERT_HAS_EXPIRED", "tls", "certificate: CERT_HAS_EXPIRED"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls", "TLS: ERR_SSL_WRONG_VERSION_NUMBER"],
    ["HPE_INVALID_CONSTANT", "protocol", "not HTTP: HPE_INVALID_CONSTANT"],
  ])("%s is %s", ([code = "", reason, detail]) => {
    expect(verdictOf(failed(code, connecting))).toEqual({ up: false, reason, detail });
  });

  test("an IPv6 address stands in brackets", () => {
    const error = failed("ECONNREFUSED", { address: "2001:db8::5", port: 80 });
    expect(verdictOf(error).detail).toBe("connection refused ([2001:db8::5]:80)");
  });
});

test.for([new Error("a bug"), new TypeError("x"), "text", failed("ERR_INVALID_ARG_TYPE")])(
  "what is neither is thrown on: %s",
  (error) => {
    expect(isLocalFault(error)).toBeUndefined();
    let thrown: unknown;
    try {
      verdictOf(error);
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBe(error);
  },
);

describe("the body of a probe", () => {
  const { signal } = new AbortController();
  const fails = (error: unknown) => (): Promise<never> => Promise.reject(error);

  test("gives the verdict that it finds, throws, or meets on its socket", async () => {
    expect(await verdictFrom(signal, async () => up("fine"))).toEqual(up("fine"));
    const said = down("status", "421 not now");
    expect(await verdictFrom(signal, fails(new DownNow(said)))).toEqual(said);
    expect(await verdictFrom(signal, fails(failed("ECONNREFUSED")))).toMatchObject({
      reason: "refused",
    });
  });

  test("gives none where the trouble is ours, or after it was cut", async () => {
    const ours = failed("EMFILE");
    await expect(verdictFrom(signal, fails(ours))).rejects.toBe(ours);
    const late = new DownNow("closed", "closed");
    await expect(verdictFrom(AbortSignal.abort(), fails(late))).rejects.toBe(late);
  });
});
