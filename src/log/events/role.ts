import { event } from "./event.ts";
import { word } from "./fields.ts";

export const roleEvents = {
  "role-changed": event({
    id: "0f4f8f9a5be84cb7a4c0de4a6c1e7d52",
    severity: "notice",
    fields: { role: word, virtuals: word, cause: word },
    text: (f) => `Now ${f.role} for ${f.virtuals}: ${f.cause}`,
    subject: "This director has become active, or spare",
    meaning: `For @VIRTUALS@ this director is @ROLE@ from now on: @CAUSE@. The active one sends the mails; the spare checks and
      keeps its table all the same, and takes over with every verdict known. With \`[sync] start = role\` the kernel's sync
      daemon goes with it.`,
    remedy: `Nothing to do when somebody, or the cluster, meant it. \`ldirectorctl status\` shows the role of each service. Often
      and by itself: look at the log of what moves the address (keepalived, Pacemaker).`,
  }),
  "role-unknown": event({
    id: "d1c3a9e2f17b4c0c8a5be0d7f2946b38",
    severity: "warning",
    fields: { virtuals: word, cause: word },
    text: (f) =>
      `Can not tell whether active or spare for ${f.virtuals}, so it is active: ${f.cause}`,
    subject: "Nobody says whether this director is active or spare",
    meaning: `What \`[role] follow\` names gives no answer, or none that is understood: @CAUSE@. Until it does, this director
      acts as the active one of @VIRTUALS@: an alert twice is better than none.`,
    remedy: `A file must begin with the word \`active\` or \`spare\`; a command must end within 5 s, with 0 for active and
      1 for spare. Look at it as the user that the daemon runs as.`,
  }),
};
