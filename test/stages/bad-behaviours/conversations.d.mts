/** How many times each conversation speaks until all is said that makes a server up. */
export const turns: Readonly<Record<string, number>>;
