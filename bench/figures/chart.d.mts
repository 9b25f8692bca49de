import type { Figure } from "./statistics.mjs";

export function chart(title: string, figures: readonly Figure[]): string;
