import { event } from "./event.ts";
import { word } from "./fields.ts";

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
};
