import type { Provider } from "./agents.ts";

/**
 * The director as a resource.
 * @param provider whose agent it is
 * @param monitorSec how often it is asked whether it runs
 */
export const director = (provider: Provider, monitorSec: number): string => `
<primitive id="director" class="ocf" provider="${provider}" type="ldirectord">
  <operations>
    <op id="director-start" name="start" interval="0" timeout="200s"/>
    <op id="director-stop" name="stop" interval="0" timeout="200s"/>
    <op id="director-monitor" name="monitor" interval="${monitorSec}s" timeout="200s"/>
  </operations>
</primitive>`;

/** All of them: the second node, which is one too, and a director beside its address, that wait for their place. */
export const resources = `
<resources>
  <primitive id="standby" class="ocf" provider="pacemaker" type="remote">
    <instance_attributes id="standby-attributes">
      <nvpair id="standby-server" name="server" value="192.168.10.102"/>
    </instance_attributes>
    <operations>
      <op id="standby-start" name="start" interval="0" timeout="200s"/>
      <op id="standby-monitor" name="monitor" interval="20s" timeout="200s"/>
    </operations>
  </primitive>
  <group id="web">
    <meta_attributes id="web-meta">
      <nvpair id="web-stickiness" name="resource-stickiness" value="100"/>
      <nvpair id="web-role" name="target-role" value="Stopped"/>
    </meta_attributes>
    <primitive id="address" class="ocf" provider="heartbeat" type="IPaddr2">
      <instance_attributes id="address-attributes">
        <nvpair id="address-ip" name="ip" value="192.168.10.101"/>
        <nvpair id="address-bits" name="cidr_netmask" value="32"/>
        <nvpair id="address-nic" name="nic" value="eth0"/>
      </instance_attributes>
      <operations>
        <op id="address-start" name="start" interval="0" timeout="200s"/>
        <op id="address-stop" name="stop" interval="0" timeout="200s"/>
      </operations>
    </primitive>
    ${director("heartbeat", 5)}
  </group>
</resources>`;
