/** The original's. Which words there are is for the checks to say: see ServiceWords. */
export const originalServices: readonly string[] =
  "dns ftp http https http_proxy imap imaps ldap ldaps mysql nntp none oracle pop pops radius pgsql simpletcp sip smtp submission".split(
    " ",
  );

export const checkTypeNames = [
  "connect",
  "negotiate",
  "ping",
  "off",
  "on",
  "external",
  "external-perl",
] as const;

/** What mainline kernels have. Others pass: the kernel decides. */
export const schedulerNames: readonly string[] =
  "rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos".split(" ");

export const forwardingMethods = ["gate", "masq", "ipip"] as const;
