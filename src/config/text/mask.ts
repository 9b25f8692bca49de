import { closestWord } from "./suggestion.ts";

const secretWord = /(?:pass|pwd|passwd|secret)/i;

/**
 * Text of the file that is safe to show: what stands behind `passwd`, `secret` and words like them
 * (`password=`, `pasword =`, `secert:`) is replaced by `***`.
 */
export function maskSecrets(text: string): string {
  const named = text.replace(
    /(\b\w*(?:pass|pwd|secret)\w*\s*[=:]\s*)([^\n]+)/i,
    (_, head: string) => `${head}***`,
  );
  if (named !== text) return named;
  const line = /^(\s*#?\s*)([A-Za-z0-9_-]+)(\s*[=:]\s*|\s+)([^\n]+)/.exec(text);
  const [, indent = "", word = "", separator = "", value = ""] = line ?? [];
  if (value === "" || !isSecretName(word)) return text;
  const start = indent.length + word.length + separator.length;
  return `${text.slice(0, start)}***${text.slice(start + value.length)}`;
}

/** Whether a directive's value must not be shown, also when its name is misspelt. */
export function isSecretName(word: string): boolean {
  return secretWord.test(word) || closestWord(word, ["passwd", "password", "secret"]) !== undefined;
}
