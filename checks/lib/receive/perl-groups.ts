/** The capturing groups of a Perl pattern, and what refers back to them. */
import { BeyondUs, Malformed } from "./perl-errors.ts";

/** A group of any kind around a place. What may leave its inside out is known once it has been read. */
export interface Frame {
  alternatives: number;
  /** Repeated, or perhaps left out, or within a negation: after it, what was in it is not certain. */
  isUncertain: boolean;
}
export interface Step {
  readonly frame: Frame;
  readonly alternative: number;
}
export interface Capture {
  readonly path: readonly Step[];
  readonly frame: Frame;
  isOpen: boolean;
}
interface Reference {
  readonly source: string;
  readonly capture: Capture;
  readonly path: readonly Step[];
}

export class Groups {
  /** Numbered from 1. */
  readonly #captures: Capture[] = [];
  /** Numbers by name; a name given twice is 0. */
  readonly #names = new Map<string, number>();
  readonly #references: Reference[] = [];

  /** So many were opened so far. */
  get count(): number {
    return this.#captures.length;
  }

  get isReferredTo(): boolean {
    return this.#references.length > 0;
  }

  /** @returns its number */
  open(capture: Capture, name: string | undefined): number {
    const number = this.#captures.push(capture);
    if (name !== undefined) this.#names.set(name, this.#names.has(name) ? 0 : number);
    return number;
  }

  /**
   * @param source of the reference
   * @param which a number, a relative one or a name
   * @param rest of the pattern
   * @throws Malformed, BeyondUs when there is none that JavaScript could refer to
   */
  find(
    source: string,
    which: string,
    rest: string,
  ): { readonly number: number; readonly capture: Capture } {
    const relative = /^-(\d+)$/.exec(which)?.[1];
    let number = Number(which);
    if (relative !== undefined) number = this.#captures.length + 1 - Number(relative);
    else if (!/^\d+$/.test(which)) number = this.#names.get(which) ?? -1;
    if (number === 0) throw new BeyondUs(`\`${source}\` (a back-reference to a name given twice)`);
    const capture = this.#captures[number - 1];
    if (capture === undefined) {
      if (this.#opensLater(which, rest))
        throw new BeyondUs(`\`${source}\` (a back-reference to a group behind it)`);
      throw new Malformed(`\`${source}\` refers to no group`);
    }
    if (capture.isOpen) throw new BeyondUs(`\`${source}\` (a back-reference within its group)`);
    return { number, capture };
  }

  note(reference: Reference): void {
    this.#references.push(reference);
  }

  /** Once the whole pattern has been read. @throws BeyondUs */
  judge(): void {
    for (const reference of this.#references) judge(reference);
  }

  /** Nearly: a parenthesis in a class or behind a backslash counts, too. */
  #opensLater(which: string, rest: string): boolean {
    if (/^\d+$/.test(which)) {
      const later = rest.match(/\((?!\?)|\(\?(?:P?<\w|')/g)?.length ?? 0;
      return this.#captures.length + later >= Number(which);
    }
    return rest.includes(`<${which}>`) || rest.includes(`'${which}'`);
  }
}

// Perl and JavaScript agree on a reference only when the group has been gone through for certain.
function judge({ source, capture, path }: Reference): void {
  const common = capture.path.findIndex(
    ({ frame, alternative }, depth) =>
      path[depth]?.frame !== frame || path[depth]?.alternative !== alternative,
  );
  const between = common < 0 ? [] : capture.path.slice(common).map(({ frame }) => frame);
  const isOther = between.some(({ alternatives }) => alternatives > 1);
  if (isOther || [...between, capture.frame].some(({ isUncertain }) => isUncertain))
    throw new BeyondUs(`\`${source}\` (a back-reference to a group that may be left out)`);
}
