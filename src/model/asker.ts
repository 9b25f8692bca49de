/** Whoever gave an order by the control socket. */
export interface Asker {
  readonly uid: number;
  readonly pid: number;
  /** Of the account; `uid 1000` where it has none. */
  readonly name: string;
}
