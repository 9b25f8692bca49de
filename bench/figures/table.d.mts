import type { Figure } from "./statistics.mjs";

export function shown(number: number): string;
export function spread(values: readonly number[] | undefined): string;
export function textTable(figures: readonly Figure[]): string;
export function pageTable(figures: readonly Figure[]): string;
