import { event } from "./event.ts";
import { changedRow, service, word } from "./fields.ts";

export const tableEvents = {
  "table-change-failed": event({
    id: "dec31f6f7dee751febca5c972d984017",
    severity: "error",
    fields: { change: word, errno: word },
    text: (f) => `IPVS refused to ${f.change}: ${f.errno}`,
    subject: "The kernel refused a change of the IPVS table",
    meaning: `IPVS did not @CHANGE@: @ERRNO@. It is tried again, and told when it works; the rest of the
      table is as it should be.`,
    remedy: `docs/errors.md says what each errno means here. EPERM: the daemon lacks CAP_NET_ADMIN.
      ENOENT: often a scheduler whose module cannot be loaded.`,
  }),
  "table-change-recovered": event({
    id: "0856a13ef1db94214e29d085149770bd",
    severity: "notice",
    fields: { change: word },
    text: (f) => `IPVS now accepts to ${f.change}`,
    subject: "The kernel takes the change now",
    meaning: "IPVS accepts to @CHANGE@, which it refused before.",
    remedy: "Nothing to do.",
  }),
  "table-change-dropped": event({
    id: "8898ba39813eaa9b7d026e599db538e2",
    severity: "notice",
    fields: { change: word },
    text: (f) => `No longer wanted of IPVS, which had refused it: ${f.change}`,
    subject: "A change that the kernel refused is no longer wanted",
    meaning: "IPVS had refused this, and it is not asked for any more: @CHANGE@",
    remedy: "Nothing to do; what was wrong with it was told when it was refused.",
  }),
  "table-unreadable": event({
    id: "b3ca9ff3ad0cc9b1bd20ac63c31a93a3",
    severity: "error",
    fields: { cause: word },
    text: (f) => `The IPVS table cannot be read: ${f.cause}`,
    subject: "The IPVS table cannot be read",
    meaning: `The kernel does not tell its table: @CAUSE@. Changes by others are not seen meanwhile.`,
    remedy: "Is the module ip_vs still loaded (`lsmod`)? May the daemon use it (CAP_NET_ADMIN)?",
  }),
  "table-readable": event({
    id: "3117a7d3a085089675df9e1208b882ca",
    severity: "notice",
    fields: {},
    text: () => "The IPVS table can be read again",
    subject: "The IPVS table can be read again",
    meaning: "The trouble told before is over.",
    remedy: "Nothing to do.",
  }),
  "virtual-unreadable": event({
    id: "dbac6a47707668a3c89fad0e0c53e20d",
    severity: "error",
    fields: { virtual: service, cause: word },
    text: (f) => `Virtual server ${f.virtual} cannot be read from the IPVS table: ${f.cause}`,
    subject: "A virtual service cannot be read from the IPVS table",
    meaning: `The kernel does not tell what it has of @VIRTUAL@: @CAUSE@. Changes of it by others are not
      seen meanwhile; those of all other virtual services are.`,
    remedy: `Does this kernel have what the service needs (IPv6, for one)? Compare with \`ipvsadm -Ln\`.`,
  }),
  "virtual-readable": event({
    id: "f062e9c05055c696cf58887b3dda572e",
    severity: "notice",
    fields: { virtual: service },
    text: (f) => `Virtual server ${f.virtual} can be read from the IPVS table again`,
    subject: "A virtual service can be read from the IPVS table again",
    meaning: "The trouble with @VIRTUAL@ told before is over.",
    remedy: "Nothing to do.",
  }),
  "drift-found": event({
    id: "565dc2fe7f01277ad170d07451dbf804",
    severity: "warning",
    fields: { virtual: service, row: changedRow, before: word, after: word },
    text: (f) =>
      `The IPVS table was changed by another hand: ${f.row} (${f.virtual}) was ${f.before}, is ${f.after}`,
    subject: "Somebody else changed the IPVS table",
    meaning: `@ROW@ of @VIRTUAL@ was @BEFORE@, and is now @AFTER@. Rows that vanished or appeared are put
      right. A weight that was set by hand stays until that server's next own change, or until a
      reload changes its line.`,
    remedy: `If it was you with ipvsadm: for a maintenance use maintenancedir instead. If not, find the
      other program: keepalived, a second ldirectord, a script.`,
  }),
};
