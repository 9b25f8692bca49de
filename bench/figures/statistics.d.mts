/** Of the runs of each contestant, one value or more. */
export type Values = Readonly<Record<string, readonly number[] | undefined>>;

export interface Goal {
  readonly atMost?: number;
  readonly atLeast?: number;
  /** The peer whose median ours is divided by; without it the goal is ours alone. */
  readonly of?: string;
}

export interface Figure {
  /** The row of the bench. */
  readonly of: string;
  /** As it is shown. */
  readonly row: string;
  readonly at: string;
  readonly what: string;
  readonly unit: string;
  readonly values: Values;
  readonly goal?: Goal;
}

export interface Judgement {
  readonly peer: string | undefined;
  readonly ratio: number | undefined;
  readonly isMet?: boolean;
}

export function median(values: readonly number[]): number;
export function judge(figure: Pick<Figure, "values" | "goal">): Judgement;
