/** What a MySQL server says, for servers with a script. */
export const packet = (sequence: number, content: Buffer | string): Buffer => {
  const bytes = Buffer.from(content as string, "latin1");
  const header = Buffer.alloc(4);
  header.writeUIntLE(bytes.length, 0, 3);
  header[3] = sequence;
  return Buffer.concat([header, bytes]);
};
/** Version 10, its scramble, capabilities and mysql_native_password. */
export const greeting = packet(
  0,
  `\x0a5.5.5-test\0\x01\0\0\0${"s".repeat(8)}\0\xff\xf7\x21\x02\0\xff\x81\x15${"\0".repeat(10)}${"s".repeat(12)}\0mysql_native_password\0`,
);
export const okay = (sequence: number): Buffer => packet(sequence, "\0\0\0\x02\0\0\0");
const endOfList = (sequence: number): Buffer => packet(sequence, "\xfe\0\0\x02\0");
export const column = packet(2, "\x03def\0\0\0\x01a\0\x0c\x3f\0\x01\0\0\0\x03\0\0\0\0\0");
export const rows = (count: number): Buffer =>
  Buffer.concat([
    packet(1, "\x01"),
    column,
    endOfList(3),
    ...Array.from({ length: count }, (_, index) => packet((4 + index) % 256, "\x011")),
    endOfList((4 + count) % 256),
  ]);
export const refusal = (sequence: number, number: number, words: string): Buffer =>
  packet(sequence, `\xff${String.fromCharCode(number & 0xff, number >> 8)}#HY000${words}`);

/** A login taken, the time limits set, and the answer to the query. */
export const session = (last: Buffer): readonly Buffer[] => [greeting, okay(2), okay(1), last];
