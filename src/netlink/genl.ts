import { NetlinkError } from "../errors.ts";
import { readUInt16Host, readUInt32Host } from "../native/sockaddr.ts";
import { readAttributes, required, stringAttribute } from "./attributes.ts";
import { genericAttributes, genericPayload } from "./message.ts";
import type { NetlinkSocket, Request } from "./socket.ts";

/** linux/genetlink.h: the family of fixed id that knows the others. */
const GENL_ID_CTRL = 16;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;
const CTRL_ATTR_VERSION = 3;

/** A generic netlink family as this kernel has numbered it, until its module is removed. */
export interface GenlFamily {
  readonly id: number;
  readonly version: number;
}

/** @throws NetlinkError NETLINK_ENOENT when no loaded module offers the family */
export function findFamily(socket: NetlinkSocket, name: string): GenlFamily {
  const request = {
    type: GENL_ID_CTRL,
    payload: genericPayload(CTRL_CMD_GETFAMILY, 1, [stringAttribute(CTRL_ATTR_FAMILY_NAME, name)]),
  };
  const [answer] = socket.ask(request, `find netlink family ${name}`);
  if (answer === undefined) throw new NetlinkError("EBADMSG", `find netlink family ${name}`);
  const attributes = readAttributes(genericAttributes(answer));
  return {
    id: readUInt16Host(required(attributes, CTRL_ATTR_FAMILY_ID, "a family's id", 2), 0),
    version: readUInt32Host(required(attributes, CTRL_ATTR_VERSION, "a family's version", 4), 0),
  };
}

/** A request to a family. */
export const genericRequest = (
  family: GenlFamily,
  command: number,
  attributes: readonly Buffer[] = [],
): Request => ({ type: family.id, payload: genericPayload(command, family.version, attributes) });
