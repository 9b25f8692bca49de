/** An `ldirectord.cf` of so many services of so many real servers each, all of loopback. */
export function farm({
  services,
  each,
  check = "on",
  interval = 10,
  timeout = 3,
  port = 9,
  first = 1,
  folder,
}) {
  const lines = [`checkinterval=${interval}`, `checktimeout=${timeout}`, "quiescent=no"];
  if (folder !== undefined) lines.push(`logfile="${folder}/log"`);
  for (let v = 0, i = 0; v < services; v++) {
    lines.push("", `virtual=127.100.${v >> 8}.${v & 255}:80`, `    checktype=${check}`);
    for (let r = 0; r < each; r++, i++) {
      const weight = i === 0 ? first : 1;
      lines.push(
        `    real=127.${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}:${port} masq ${weight}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}
