import { inspect } from "node:util";

/** A string that prints as `[secret]` in logs, JSON, templates and errors. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The one way to the text: call it where the bytes leave for the real server, nowhere else. */
  reveal(): string {
    return this.#value;
  }

  /** Whether it is the same text; it stays untold. */
  equals(other: Secret | undefined): boolean {
    return other !== undefined && this.#value === other.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}
