import { mailGroup, mailProgram } from "./cases/mail.ts";
import { compareGroups, expectMet } from "./parity.ts";

compareGroups("mail", [mailGroup, mailProgram]);
expectMet("mail-sender");
