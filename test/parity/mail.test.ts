import { mailGroup, mailProgram } from "./cases/mail.ts";
import { compareGroups } from "./parity.ts";

compareGroups("mail", [mailGroup, mailProgram]);
