/** @returns a folder in memory, where there is room for it */
export function memoryFolder(): string;
