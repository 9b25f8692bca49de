/** UTF-8; bytes that are not are taken as Latin-1, as in old files with comments in it. */
export function decodeText(bytes: Uint8Array): {
  readonly text: string;
  readonly isLatin1: boolean;
} {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), isLatin1: false };
  } catch {
    return { text: Buffer.from(bytes).toString("latin1"), isLatin1: true };
  }
}
