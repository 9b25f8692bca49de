const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const two = (n: number) => String(n).padStart(2, "0");

/** `Nov  2 06:07:08`, local time, the day blank-padded: RFC 3164 section 4.1.2 and the middle of ctime(3). */
export function syslogTime(epochMs: number): string {
  const at = new Date(epochMs);
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${months[at.getMonth()]} ${String(at.getDate()).padStart(2)} ${clock}`;
}

/** `Mon Nov  2 06:07:08 2026`: ctime(3) without its newline. */
export function ctime(epochMs: number): string {
  const at = new Date(epochMs);
  return `${days[at.getDay()]} ${syslogTime(epochMs)} ${at.getFullYear()}`;
}
