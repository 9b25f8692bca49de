import * as v from "valibot";

const dayMs = 24 * 3600 * 1000;

/**
 * What a state file says: an object of version 1 that says when it was written.
 * @param now epoch milliseconds
 * @throws Error when any part of it is not as `schema` has it, or of a later version, or of a day to come
 */
export function readVersioned<
  Schema extends v.GenericSchema<unknown, { readonly savedAt: number }>,
>(schema: Schema, text: string, now: number): v.InferOutput<Schema> {
  const given: unknown = JSON.parse(text);
  const version = given instanceof Object && "version" in given ? given.version : undefined;
  if (typeof version === "number" && version > 1) {
    throw new Error(`it is of version ${version}, this program knows 1`);
  }
  const read = v.safeParse(schema, given, { abortEarly: true });
  if (!read.success) {
    const [{ message, path }] = read.issues;
    throw new Error(`${path?.map(({ key }) => String(key)).join(".") ?? "it"}: ${message}`);
  }
  if (read.output.savedAt > now + dayMs) {
    throw new Error("it was written at a time that is yet to come");
  }
  return read.output;
}
