/** What a PostgreSQL server says, for servers with a script. */
export function message(kind: string, content: Buffer | string = ""): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(5, kind);
  header.writeUInt32BE(4 + bytes.length, 1);
  return Buffer.concat([header, bytes]);
}
export const loggedIn = Buffer.concat([message("R", Buffer.alloc(4)), message("Z", "I")]);
const columns = message("T", Buffer.concat([Buffer.from([0, 1, 0x61, 0]), Buffer.alloc(18)]));
export const row = message("D", Buffer.from([0, 1, 0, 0, 0, 1, 0x31]));
export const rows = (count: number): Buffer =>
  Buffer.concat([
    columns,
    ...Array.from({ length: count }, () => row),
    message("C", `SELECT ${count}\0`),
    message("Z", "I"),
  ]);
export const refusal = (code: string, words: string): Buffer =>
  message("E", `SFATAL\0VFATAL\0C${code}\0M${words}\0\0`);
