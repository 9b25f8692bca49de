import * as v from "valibot";
import { err, ok, type Result } from "../model/result.ts";

/** More is no dump: of 50,000 real servers it is half as much. */
export const maxSideBytes = 64 * 2 ** 20;

/** A longer line is cut; the fingerprint is of all of it. */
export const maxLineChars = 4096;

const list = <S extends v.GenericSchema>(schema: S, most: number) =>
  v.pipe(v.array(schema), v.maxLength(most), v.readonly());
const text = v.pipe(v.string(), v.maxLength(1000));
/** A name's value, in the words of the file or of ipvsadm. */
const values = v.record(
  v.pipe(v.string(), v.maxLength(100)),
  v.union([v.pipe(v.string(), v.maxLength(200)), v.number()]),
);
const file = v.object({
  name: text,
  /** The same for the same bytes, secrets and all. */
  fingerprint: text,
  /** Secrets are `[secret]` in them. */
  lines: list(v.pipe(v.string(), v.maxLength(maxLineChars + 1)), 2_000_000),
});

/** All of one director that another's is compared with. New fields may come; these keep their meaning in this version. */
const sideSchema = v.object({
  version: v.literal(1),
  host: text,
  /** Of the program that wrote it. */
  program: text,
  /** What runs. */
  files: v.object({ cf: file, ini: v.optional(file) }),
  /** Why the newest reload did not work: the files may be others than those that run. */
  refused: v.optional(text),
  /** Whether it has a virtual service's address, where it knows. */
  roles: list(v.object({ virtual: text, role: text }), 100_000),
  /** Of the file's servers, the fallback servers too. */
  verdicts: list(
    v.object({
      virtual: text,
      server: text,
      state: text,
      /** Of one that is down. */
      reason: v.optional(text),
      decidedBy: text,
    }),
    500_000,
  ),
  /** As the kernel has it. */
  table: list(
    v.object({
      virtual: text,
      values,
      rows: list(v.object({ row: text, values }), 500_000),
    }),
    100_000,
  ),
  orders: list(v.object({ what: text, values, said: text }), 10_000),
});

export type Side = v.InferOutput<typeof sideSchema>;
export type SideFile = Side["files"]["cf"];
export type SideValues = Side["table"][number]["values"];

/** @param json what `compare --dump` wrote, or anything else @returns what is wrong with it */
export function readSide(json: string): Result<Side, string> {
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch {
    return err("it is no JSON: it is to be what ldirectorctl compare --dump writes");
  }
  const version = given instanceof Object && "version" in given ? given.version : undefined;
  if (typeof version === "number" && version > 1) {
    return err(`it is of version ${version}, this program knows 1: compare from the newer one`);
  }
  const read = v.safeParse(sideSchema, given, { abortEarly: true });
  if (read.success) return ok(read.output);
  const [{ message, path }] = read.issues;
  const where = path?.map(({ key }) => String(key)).join(".") ?? "it";
  return err(`it is not what ldirectorctl compare --dump writes: ${where}: ${message}`);
}
