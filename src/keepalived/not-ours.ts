/** Words of keepalived.conf(5) that have no counterpart: what each means there, and what comes near it. */

export interface NotOurs {
  readonly meaning: string;
  readonly near?: string;
}

export type NotOursTable = Readonly<Record<string, NotOurs>>;

const words = (names: string, meaning: string, near?: string): NotOursTable =>
  Object.fromEntries(
    names.split(" ").map((name) => [name, { meaning, ...(near !== undefined && { near }) }]),
  );

const vrrp = "VRRP moves addresses between directors; that is not ours";
const keep = "keep keepalived for VRRP, with this block and without its virtual_server blocks";
const unit = "the unit of the service: systemctl edit ldirectord";
const events =
  "emailalert tells of each change, fallbackcommand of the last server that goes; monitorfile has every check";

/** Outside all blocks. */
export const notOursAtTop: NotOursTable = {
  ...words("vrrp_instance vrrp_sync_group vrrp_script garp_group", vrrp, keep),
  ...words("vrrp_track_process track_group", vrrp, keep),
  ...words(
    "static_ipaddress static_routes static_rules",
    "addresses and routes are not ours",
    "the network's own configuration",
  ),
  ...words(
    "bfd_instance",
    "BFD is not ours",
    "checktype=ping, or a program that asks the BFD daemon",
  ),
  ...words(
    "track_file vrrp_track_file",
    "files that weigh are not ours",
    "a file in maintenancedir takes a server out",
  ),
  ...words(
    "linkbeat_interfaces interface_up_down_delays",
    "interfaces are not watched as such: checks notice a link that is down",
  ),
  ...words(
    "SSL",
    "the certificate that checks show, or trust: https checks show none",
    "SSL_CERT_FILE in the environment of the service names the authorities",
  ),
  ...words(
    "net_namespace net_namespace_ipvs",
    "a network namespace is entered",
    `NetworkNamespacePath= in ${unit}`,
  ),
  ...words(
    "instance use_pid_dir namespace_with_ipsets",
    "where pid files are",
    "[daemon] rundir in ldirectord-ng.ini",
  ),
};

/** At the top and in global_defs: nothing is lost without them. */
const silentGlobals: ReadonlySet<string> = new Set(
  `router_id process_names process_name checker_process_name child_wait_time
  default_interface dynamic_interfaces max_auto_priority
  min_auto_priority_delay enable_script_security no_email_faults smtp_alert_vrrp checker_log_all_failures log_unknown_vrids
  lvs_netlink_cmd_rcv_bufs lvs_netlink_cmd_rcv_bufs_force lvs_netlink_monitor_rcv_bufs lvs_netlink_monitor_rcv_bufs_force
  lvs_flush_onstop lvs_flush_on_stop linkbeat_use_polling use_symlink_paths include_check config_save_dir
  tmp_config_directory reload_check_config reload_repeat data_use_instance random_seed umask rs_init_notifies`.split(
    /\s+/,
  ),
);
export const isSilentGlobal = (word: string): boolean =>
  silentGlobals.has(word) || /^(vrrp|vmac|bfd)_/.test(word);

export const notOursInGlobals: NotOursTable = {
  ...words(
    "smtp_helo_name smtp_connect_timeout",
    "how mail is handed over: ours says the host's name, and has a deadline of its own",
  ),
  ...words(
    "lvs_sync_daemon",
    "the kernel copies connections to another director",
    "ipvsadm --start-daemon, in a unit of its own",
  ),
  ...words(
    "lvs_timeouts",
    "the kernel's timeouts of connections",
    "ipvsadm --set TCP FIN UDP, in a unit of its own",
  ),
  ...words(
    "lvs_flush",
    "the whole table is emptied at the start",
    "ipvsadm -C before the first start: ours never touches services that are not in its file",
  ),
  ...words(
    "nftables_ipvs nftables_ipvs_priority nftables_ipvs_start_fwmark",
    "groups are marked by nftables",
    "each address of a group is a virtual service here",
  ),
  ...words(
    "startup_script startup_script_timeout shutdown_script shutdown_script_timeout",
    "a program is run at the start or the end",
    `ExecStartPre= and ExecStopPost= in ${unit}`,
  ),
  ...words("script_user", "programs run as this user; here as the daemon's", `User= in ${unit}`),
  ...words(
    "lvs_notify_fifo lvs_notify_fifo_script notify_fifo notify_fifo_script notify_priority_changes",
    "changes are written to a FIFO",
    events,
  ),
  ...words(
    "enable_snmp_checker enable_snmp_vrrp enable_snmp_rfc enable_snmp_rfcv2 enable_snmp_rfcv3 enable_traps snmp_socket snmp_server",
    "SNMP is not ours",
    events,
  ),
  ...words("enable_dbus dbus_service_name dbus_no_interface_name", "DBus is not ours"),
  ...words(
    "checker_priority checker_no_swap checker_rt_priority checker_cpu_affinity checker_rlimit_rttime checker_rlimit_rtime",
    "how the process that checks is scheduled",
    unit,
  ),
  ...words(
    "reload_file reload_time_file",
    "when the file is read again",
    "autoreload=yes, or systemctl reload ldirectord",
  ),
};

const silentInVirtual: ReadonlySet<string> = new Set("hashed alpha warmup snmp_name".split(" "));

const scripts = "is run when a real server comes or goes";
export const notOursInVirtual: NotOursTable = {
  ...words(
    "quorum_up",
    "is run when enough servers are up",
    "fallbackcommand: it is run with stop ADDRESS:PORT PROTOCOL when a server is up again",
  ),
  ...words(
    "quorum_down",
    "is run when too few servers are up",
    "fallbackcommand: it is run with start ADDRESS:PORT PROTOCOL when the last server has gone",
  ),
  ...words(
    "ha_suspend",
    "checks rest while the address is not on this host; here they go on",
    "start and stop the daemon with the address (notify_master, or a cluster's agent)",
  ),
  ...words(
    "omega",
    "scripts are run at the end, too",
    "[daemon] fallbackcommand-at-stop in ldirectord-ng.ini",
  ),
  ...words(
    "persistence_engine",
    "clients are told apart by more than their address",
    "none: persistent goes by address",
  ),
  ...words(
    "sorry_server_inhibit",
    "the sorry server stays in the table with weight 0; here it is there only while it is needed",
  ),
};

const silentInReal: ReadonlySet<string> = new Set("alpha warmup snmp_name".split(" "));

export const notOursInReal: NotOursTable = words("notify_up notify_down", scripts, events);

const silentInChecker: ReadonlySet<string> = new Set(
  "alpha warmup log_all_failures fast_recovery enable_sni tls_compliant".split(" "),
);

const connection = "the way of the check's connection: here the kernel's routing decides";
export const notOursInChecker: NotOursTable = {
  ...words(
    "bindto bind_if bind_port fwmark",
    connection,
    "a rule for the director's own traffic (ip rule)",
  ),
  ...words("helo_name", "the name that the check gives; ours is localhost.localdomain"),
  ...words(
    "user",
    "the program runs as this user; here as the daemon's",
    `User= in ${unit}, or a program that changes it`,
  ),
};

export const isSilentInVirtual = (word: string): boolean => silentInVirtual.has(word);
export const isSilentInReal = (word: string): boolean => silentInReal.has(word);
export const isSilentInChecker = (word: string): boolean => silentInChecker.has(word);
