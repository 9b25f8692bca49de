/** The same work as each director's own file. */

/** The i-th real server, 250 to a /24; the farm has the same order. */
export const address = (i) => `127.1.${Math.floor(i / 250)}.${(i % 250) + 1}`;

const addressOfService = (i) => `10.30.${i >> 8}.${i & 255}`;

/** Virtual services, each with its real servers as { host, port }: those of the farm, then those that are silent for ever. */
function services({ reals, each, port, dark = 0, darkPort = 0 }) {
  const servers = [
    ...Array.from({ length: reals }, (_, i) => ({ host: address(i), port })),
    ...Array.from({ length: dark }, (_, i) => ({ host: address(i), port: darkPort })),
  ];
  return Array.from({ length: Math.ceil(servers.length / each) }, (_, i) => ({
    host: addressOfService(i),
    servers: servers.slice(i * each, (i + 1) * each),
  }));
}

const checkOfOurs = {
  connect: "\tchecktype=connect",
  ping: "\tchecktype=ping",
  http: '\tchecktype=negotiate\n\tservice=http\n\trequest="index.html"',
  https: '\tchecktype=negotiate\n\tservice=https\n\trequest="index.html"',
  on: "\tchecktype=on",
};

/**
 * @param work { check, reals, each (to a virtual service), port, interval, timeout, dark, darkPort, firstWeight }
 * @param more lines before the services
 */
export function ldirectordFile(work, more = []) {
  const { check, port, interval, timeout = 3, firstWeight = 1 } = work;
  const times = [
    `checkinterval=${interval}`,
    `checktimeout=${timeout}`,
    `negotiatetimeout=${timeout}`,
  ];
  const blocks = services(work).map(({ host, servers }, v) => {
    const lines = servers.map(
      (real, r) => `\treal=${real.host}:${real.port} gate ${v + r === 0 ? firstWeight : 1}`,
    );
    return [
      `virtual=${host}:${port}`,
      ...lines,
      "\tscheduler=wrr",
      "\tprotocol=tcp",
      checkOfOurs[check],
    ];
  });
  const head = [...times, "autoreload=no", "quiescent=no", "supervised=yes", ...more, ""];
  return `${[...head, ...blocks.flat()].join("\n")}\n`;
}

const page = "url {\n path /index.html\n status_code 200\n }\n";
const checkers = {
  connect: ["TCP_CHECK", ""],
  ping: ["PING_CHECK", ""],
  http: ["HTTP_GET", page],
  https: ["SSL_GET", page],
};

/** As `ldirectordFile`; a server is out after one failure there, too. */
export function keepalivedFile(work) {
  const { check, port, interval, timeout = 3, firstWeight = 1 } = work;
  const [checker, what] = checkers[check];
  const checkOf = (real) => {
    const target = check === "ping" ? "" : `connect_port ${real.port}\n`;
    return `${checker} {\n${what}${target}connect_timeout ${timeout}\nretry 0\ndelay_before_retry 1\n}`;
  };
  const blocks = services(work).map(({ host, servers }, v) => {
    const lines = servers.map(
      (real, r) =>
        `real_server ${real.host} ${real.port} {\nweight ${v + r === 0 ? firstWeight : 1}\n${checkOf(real)}\n}`,
    );
    const head = `virtual_server ${host} ${port} {\ndelay_loop ${interval}\nlb_algo wrr\nlb_kind DR\nprotocol TCP\nalpha`;
    return [head, ...lines, "}"];
  });
  return `${["global_defs {\nrouter_id bench\n}", ...blocks.flat()].join("\n")}\n`;
}
