/** Where something stands: in the keepalived.conf, or in a file that it includes. */
export interface ConfPlace {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/** What the files of ldirectord-ng do not say as keepalived's does. */
export interface Finding extends ConfPlace {
  /** lost: our files cannot say it. differs: they do, and keepalived does it a little otherwise. */
  readonly kind: "lost" | "differs";
  /** As it stands there, in one line: `quorum 2`. */
  readonly what: string;
  /** What keepalived makes of it, and what is so no more. */
  readonly meaning: string;
  /** What would come near. */
  readonly near?: string;
}

/** More tells nobody more. */
const maxKept = 1_000;

/** What was found while one keepalived.conf was read, in the order of the reading. */
export class Findings {
  readonly #kept: Finding[] = [];
  #more = 0;

  lost(place: ConfPlace, what: string, meaning: string, near?: string): void {
    this.#add({ ...at(place), kind: "lost", what, meaning, ...(near !== undefined && { near }) });
  }

  differs(place: ConfPlace, what: string, meaning: string, near?: string): void {
    const found = { ...at(place), kind: "differs" as const, what, meaning };
    this.#add({ ...found, ...(near !== undefined && { near }) });
  }

  #add(finding: Finding): void {
    if (this.#kept.length < maxKept) this.#kept.push(finding);
    else this.#more += 1;
  }

  addAll(other: Findings): void {
    for (const each of other.kept) this.#add(each);
    this.#more += other.more;
  }

  get kept(): readonly Finding[] {
    return this.#kept;
  }

  /** How many there are beside those that are kept. */
  get more(): number {
    return this.#more;
  }
}

const at = ({ file, line }: ConfPlace): ConfPlace => ({ file, line });
