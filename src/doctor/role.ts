import { ok } from "../model/result.ts";
import { serviceId } from "../model/virtual-service.ts";
import { type Role, type RoleState, rolesBy, rolesHeld } from "../role/role.ts";
import type { Facts, Seen } from "./facts.ts";

/** Of this director, by `serviceId`; none where nobody is followed. */
const rolesOf = ({ role, virtuals }: Facts): Seen<ReadonlyMap<string, RoleState>> => {
  if (role === undefined) return ok(new Map());
  return role.ok ? ok(rolesBy(role.value, virtuals, new Map(), 0)) : role;
};

export function heldRoles(facts: Facts): Seen<ReadonlySet<Role>> {
  const roles = rolesOf(facts);
  return roles.ok ? ok(rolesHeld(roles.value.values())) : roles;
}

/** Whether it has the address for no service, and need not have it. */
export function isSpareOf(vip: string, facts: Facts): Seen<boolean> {
  const roles = rolesOf(facts);
  if (!roles.ok) return roles;
  const services = facts.virtuals.filter(
    ({ key }) => key.kind === "address" && key.endpoint.address === vip,
  );
  return ok(services.every(({ key }) => roles.value.get(serviceId(key))?.role === "spare"));
}
