import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const cookieName = "ldirectord-token";

/** Of a request: where the token would be. */
interface Shown {
  readonly authorization?: string | undefined;
  readonly cookie?: string | undefined;
}

/** Asks who comes for the token. */
export interface Guard {
  /** It has shown it: `Authorization: Bearer TOKEN`, or the cookie. */
  knows(headers: Shown): boolean;
  /** `Set-Cookie` for who brings it as `?token=` once; undefined when that is wrong. */
  cookieFor(given: string): string | undefined;
}

/** The cookie is not the token, and is made from it alone: it outlives a restart, and ends with another token. */
export function guardOf(token: string): Guard {
  const cookie = createHmac("sha256", token).update(cookieName).digest("base64url");
  return {
    knows: ({ authorization = "", cookie: cookies = "" }) => {
      const [, bearer] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
      if (bearer !== undefined) return isSame(bearer, token);
      return cookiesOf(cookies).some((given) => isSame(given, cookie));
    },
    cookieFor: (given) =>
      isSame(given, token)
        ? `${cookieName}=${cookie}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict`
        : undefined,
  };
}

const cookiesOf = (header: string): readonly string[] =>
  header.split(";").flatMap((pair) => {
    const [name = "", value = ""] = pair.trim().split("=", 2);
    return name === cookieName ? [value] : [];
  });

/** In a time that says nothing of how much of it is right. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
