/** `00:12.3`, `1:02:03.0`: minutes and seconds, hours where there are any. */
export function clockText(ms: number): string {
  const tenths = Math.floor(ms / 100);
  const [hours, minutes] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60];
  const seconds = `${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
  const front = hours > 0 ? `${hours}:` : "";
  return `${front}${String(minutes).padStart(2, "0")}:${seconds}`;
}

/** `12.3 s`, `4 m 10 s`: how long something lasted. */
export function lengthText(ms: number): string {
  if (ms < 60_000) return `${(Math.round(ms / 100) / 10).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
}
