import { describe, expect, test } from "vitest";
import { isLocalFault, LocalFault, verdictOf } from "../../../checks/lib/fault.ts";

const failed = (code: string, fields: object = {}, message = code): Error =>
  Object.assign(new Error(message), { code, ...fields });
const connecting = { syscall: "connect", address: "192.0.2.5", port: 80 };

describe("the director's own trouble is thrown on, for it says nothing about the server", () => {
  test.for([
    ..."EMFILE ENFILE ENOBUFS ENOMEM EADDRNOTAVAIL ENETDOWN EPERM EACCES EAGAIN".split(" "),
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

describe("an unreachable network", () => {
  // A router that lost its route would else keep a dead server in the table for ever.
  test("is the server's when a router says so", () => {
    const error = failed("ENETUNREACH", connecting, "connect ENETUNREACH 192.0.2.5:80");
    expect(isLocalFault(error)).toBeUndefined();
    expect(verdictOf(error)).toMatchObject({ reason: "unreachable" });
  });

  test("is ours when we have no route ourselves", () => {
    const message = "connect ENETUNREACH 192.0.2.5:80 - Local (0.0.0.0:0)";
    expect(isLocalFault(failed("ENETUNREACH", connecting, message))).toBe("ENETUNREACH");
    expect(isLocalFault(failed("ENETUNREACH", { syscall: "sendto" }))).toBe("ENETUNREACH");
  });
});

describe("what the server did is a verdict", () => {
  test.for([
    ["ECONNREFUSED", "refused", "connection refused (192.0.2.5:80)"],
    ["ECONNRESET", "closed", "connection reset (192.0.2.5:80)"],
    ["EPIPE", "closed", "connection closed while we were sending (192.0.2.5:80)"],
    ["EHOSTUNREACH", "unreachable", "no route to host (192.0.2.5:80)"],
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
