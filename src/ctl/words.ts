import { InvalidArgumentError } from "commander";

/** For an option's value. @throws InvalidArgumentError, which is a wrong command line */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It is no number from ${min} to ${max}.`);
  };

/** For --json: one object, of a version that says what its fields mean. */
export const asJson = (fields: object): string =>
  `${JSON.stringify({ version: 1, ...fields }, undefined, 2)}\n`;
