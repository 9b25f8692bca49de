/**
 * The parts as one text, for what is kept of each real server: a text by `+` or a template keeps its parts, and is three
 * times as large.
 */
export const inOnePiece = (...parts: readonly string[]): string => parts.join("");
