/** A place in a Perl pattern, which only moves on. */
export class Cursor {
  /** With `\Q…\E` spelt out. */
  readonly text: string;
  #at = 0;

  constructor(pattern: string) {
    this.text = pattern.replace(/\\(?:Q(.*?)(?:\\E|$)|E|.)/gs, (whole, quoted?: string) => {
      if (quoted !== undefined) return quoted.replace(/\W/g, "\\$&");
      return whole === "\\E" ? "" : whole;
    });
  }

  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.text.length;
  }

  get rest(): string {
    return this.text.slice(this.#at);
  }

  /** The next character, "" at the end. */
  get char(): string {
    return this.text.charAt(this.#at);
  }

  /** What `pattern` finds right here; undefined when it does not fit. */
  peek(pattern: RegExp): RegExpExecArray | undefined {
    const sticky = new RegExp(pattern.source, "y");
    sticky.lastIndex = this.#at;
    return sticky.exec(this.text) ?? undefined;
  }

  /** As `peek`, and goes on behind it. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    const found = this.peek(pattern);
    this.#at += found?.[0].length ?? 0;
    return found;
  }

  skip(characters = 1): void {
    this.#at += characters;
  }
}
