export interface Call {
  readonly name: string;
  readonly ownMs: number;
  readonly allMs: number;
}

export function callsOf(profile: object): { busyMs: number; functions: readonly Call[] };
