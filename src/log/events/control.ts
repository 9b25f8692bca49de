import { event } from "./event.ts";
import { count, word } from "./fields.ts";

export const controlEvents = {
  "control-failed": event({
    id: "79b9c099138c8ac624fabc8806397b98",
    severity: "warning",
    fields: { path: word, cause: word },
    text: (f) => `The control socket ${f.path} is not to be had: ${f.cause}`,
    subject: "ldirectorctl can not reach this daemon",
    meaning: `The socket @PATH@ could not be opened: @CAUSE@. The daemon does its work without it; nobody
      can ask or steer it by ldirectorctl.`,
    remedy: `Mend what is in the way, then restart. \`[control] socket\` in ldirectord-ng.ini names another
      place, or says off.`,
  }),
  "order-given": event({
    id: "9ae102f26180bf168888ef4f361b9260",
    severity: "notice",
    fields: { order: word, by: word },
    text: (f) => `Order by ${f.by}: ${f.order}`,
    subject: "An operator gave an order",
    meaning: `@BY@ ordered by ldirectorctl: @ORDER@. It survives a reload and a restart.`,
    remedy: `Nothing to do. \`ldirectorctl status\` shows the orders that hold.`,
  }),
  "order-taken-back": event({
    id: "ac3b89f21bc507132dbda4f60bce31d2",
    severity: "notice",
    fields: { order: word, by: word },
    text: (f) => `Order taken back by ${f.by}: ${f.order}`,
    subject: "An operator took an order back",
    meaning: `By the word of @BY@ this order does not hold any more: @ORDER@`,
    remedy: `Nothing to do.`,
  }),
  "order-over": event({
    id: "de57b845c1a4b338a03a30e499425114",
    severity: "notice",
    fields: { order: word, by: word },
    text: (f) => `Order is over: ${f.order} (by ${f.by})`,
    subject: "An order is over",
    meaning: `Its time has come: @ORDER@, given by @BY@.`,
    remedy: `Nothing to do: the server is what its checks and the file make it again.`,
  }),
  "order-resumed": event({
    id: "cb04a8c5bc759b5e56a4a96dd84c4a30",
    severity: "notice",
    fields: { order: word, by: word },
    text: (f) => `Order of before holds on: ${f.order} (by ${f.by})`,
    subject: "An order has survived a restart",
    meaning: `It was given by @BY@ before this daemon started, and holds on: @ORDER@`,
    remedy: `Take it back by ldirectorctl if it is not wanted any more.`,
  }),
  "maintenance-ends-soon": event({
    id: "f6e4fb8fdec5712a6eb5a0caea05cea8",
    severity: "warning",
    fields: { order: word, minutes: count },
    text: (f) => `Ends in ${f.minutes} min: ${f.order}`,
    subject: "A maintenance ends soon",
    meaning: `In @MINUTES@ min this maintenance ends by itself, and the server comes in with its next good check: @ORDER@`,
    remedy: `Is the work not done, give the order again with more time.`,
  }),
  "drain-ended": event({
    id: "53c1d5fca544c594a4121fa0fcabc0ae",
    severity: "notice",
    fields: { target: word, cause: word, left: word, atEnd: word },
    text: (f) => {
      const why =
        f.cause === "idle"
          ? "no connection is left"
          : `the deadline has come, connections left: ${f.left}`;
      return `Drained: ${f.target}: ${why}; rows: ${f.atEnd}`;
    },
    subject: "A drain has ended",
    meaning: `@TARGET@ is out: @CAUSE@ (idle: nobody was connected any more; deadline: its time was up, with @LEFT@ connections open). Its rows: @AT_END@ (stay: with weight 0; remove: they are gone).`,
    remedy: `Do your work; \`ldirectorctl undrain\` brings it back.`,
  }),
  "orders-set-aside": event({
    id: "72cd6cf37357c1d2333b615afb822215",
    severity: "error",
    fields: { path: word, to: word, cause: word },
    text: (f) => `Orders of before are not obeyed: ${f.path}: ${f.cause}; the file is ${f.to} now`,
    subject: "The file of orders was set aside",
    meaning: `@PATH@ is not as this program writes it (@CAUSE@): torn, edited, or of another version. None of it is obeyed; it is kept as @TO@.`,
    remedy: `Look into @TO@ for drains, maintenance and weights that were meant to hold, and give them again by ldirectorctl.`,
  }),
  "orders-unreadable": event({
    id: "014349cf59a8bacd8aaaafa06ee0bd67",
    severity: "error",
    fields: { path: word, cause: word },
    text: (f) => `Orders of before are not known: ${f.path} can not be read: ${f.cause}`,
    subject: "The file of orders can not be read",
    meaning: `@PATH@: @CAUSE@. No drain, maintenance or weight that was ordered before holds now.`,
    remedy: `Mend the disk or the permissions, and restart.`,
  }),
  "orders-unsaved": event({
    id: "9e29c13944fca71a043897b414d9041e",
    severity: "error",
    fields: { path: word, cause: word },
    text: (f) => `Orders would not survive a restart: ${f.path} can not be written: ${f.cause}`,
    subject: "The file of orders can not be written",
    meaning: `@PATH@: @CAUSE@. The orders hold now; after a restart, those of the last time that the file could be written would.`,
    remedy: `Make room on the disk, or mend the permissions; the next order writes the file anew.`,
  }),
};
