/** All that a server may say in one probe. */
export const maxTotalBytes = 1024 * 1024;
/** What one piece counts of these at least. It may be a single byte, and costs as much as a few thousand. */
const minPieceBytes = 2560;
export const countedBytes = ({ length }: Buffer): number => Math.max(length, minPieceBytes);
/** Lines of one answer. */
export const maxLines = 2048;
