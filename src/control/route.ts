import type { GenericSchema, InferOutput } from "valibot";
import type { Asker } from "../model/asker.ts";
import type { Director } from "./director.ts";

/** Why a request is not done: a status of 4xx, and a sentence for whoever asked. */
export class Refusal extends Error {
  readonly status: 400 | 404 | 409;
  constructor(status: Refusal["status"], message: string) {
    super(message);
    this.status = status;
  }
}

/** What a route gives back. `pieces` are of one text, and come as they are made. */
export type Answer =
  | { readonly kind: "value"; readonly value: unknown }
  | {
      readonly kind: "pieces";
      readonly pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
      readonly type: "application/json" | "application/x-ndjson";
      /** It goes on until one end has enough of it: no time limit. */
      readonly isEndless?: boolean;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "nothing-new" };

export const value = (it: unknown): Answer => ({ kind: "value", value: it });

interface RouteRequest<Q, B> {
  readonly query: Q;
  readonly body: B;
  readonly asker: Asker;
  /** Aborted when whoever asked has gone, or the daemon ends. */
  readonly signal: AbortSignal;
}

/** One thing that the API does. docs/control.md and the OpenAPI document are made from these rows. */
export interface Route<
  Q extends GenericSchema = GenericSchema,
  B extends GenericSchema = GenericSchema,
> {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: `/v1/${string}`;
  /** In a few words. */
  readonly summary: string;
  /** Of the words behind `?`: every one is a text, or is not there. */
  readonly query?: Q;
  readonly body?: B;
  /** Default 64 KiB. */
  readonly maxBodyBytes?: number;
  /** What is in a good answer, for the document. */
  readonly answer: string;
  readonly run: (
    director: Director,
    request: RouteRequest<InferOutput<Q>, InferOutput<B>>,
  ) => Promise<Answer> | Answer;
}

/** Holds the row's own types together, and forgets them: the table has all kinds. */
export const route = <Q extends GenericSchema, B extends GenericSchema>(row: Route<Q, B>): Route =>
  row as unknown as Route;
