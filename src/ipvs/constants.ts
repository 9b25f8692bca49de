/** Numbers of linux/ip_vs.h, and the words for them. */

export const familyName = "IPVS";

/** enum IPVS_CMD_* */
export const command = {
  newService: 1,
  setService: 2,
  deleteService: 3,
  getService: 4,
  newDest: 5,
  setDest: 6,
  deleteDest: 7,
  getDest: 8,
  newDaemon: 9,
  deleteDaemon: 10,
  getDaemon: 11,
  setConfig: 12,
  getConfig: 13,
  getInfo: 15,
} as const;

/** enum IPVS_CMD_ATTR_* */
export const topAttribute = {
  service: 1,
  dest: 2,
  daemon: 3,
  timeoutTcp: 4,
  timeoutTcpFin: 5,
  timeoutUdp: 6,
} as const;

/** enum IPVS_SVC_ATTR_* */
export const serviceAttribute = {
  family: 1,
  protocol: 2,
  address: 3,
  port: 4,
  mark: 5,
  scheduler: 6,
  flags: 7,
  timeout: 8,
  netmask: 9,
  stats: 10,
  stats64: 12,
} as const;

/** enum IPVS_DEST_ATTR_* */
export const destAttribute = {
  address: 1,
  port: 2,
  forwarding: 3,
  weight: 4,
  upperThreshold: 5,
  lowerThreshold: 6,
  activeConns: 7,
  inactiveConns: 8,
  persistentConns: 9,
  stats: 10,
  family: 11,
  stats64: 12,
} as const;

/** enum IPVS_STATS_ATTR_*: the same numbers in STATS and in STATS64 */
export const statsAttribute = {
  conns: 1,
  packetsIn: 2,
  packetsOut: 3,
  bytesIn: 4,
  bytesOut: 5,
  connsPerSec: 6,
  packetsInPerSec: 7,
  packetsOutPerSec: 8,
  bytesInPerSec: 9,
  bytesOutPerSec: 10,
} as const;

/** enum IPVS_DAEMON_ATTR_* */
export const daemonAttribute = {
  state: 1,
  interface: 2,
  id: 3,
  maxBytes: 4,
  group: 5,
  group6: 6,
  port: 7,
  ttl: 8,
} as const;

/** enum IPVS_INFO_ATTR_* */
export const infoAttribute = { version: 1, connectionTableSize: 2 } as const;

/** IP_VS_SVC_F_*; HASHED (0x2) is the kernel's own. */
export const flagPersistent = 0x1;
export const flagOnePacket = 0x4;
export const flagsScheduler = 0x38;

/** IP_VS_SCHEDNAME_MAXLEN, without its NUL */
export const maxSchedulerBytes = 15;

/** netinet/in.h */
export const protocolNumber = { tcp: 6, udp: 17 } as const;

/** IP_VS_CONN_F_MASQ, _LOCALNODE, _TUNNEL, _DROUTE by their number; the mask takes off the other bits. */
export const forwardingMethods = ["masq", "local", "ipip", "gate"] as const;
export const forwardingMask = 0x7;

/** IP_VS_STATE_MASTER, _BACKUP */
export const syncStateNumber = { master: 1, backup: 2 } as const;

/** IP_VS_IFNAME_MAXLEN, without its NUL */
export const maxInterfaceBytes = 15;
