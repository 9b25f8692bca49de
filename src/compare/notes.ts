import type { Side } from "./side.ts";

/** What is worth knowing of two directors beside their differences, a sentence each. */
export function notesOn(here: Side, there: Side): readonly string[] {
  const sides = [
    ["here", here],
    ["there", there],
  ] as const;
  return [
    ...(here.program === there.program
      ? []
      : [`ldirectord-ng is ${here.program} here, ${there.program} there`]),
    ...sides.flatMap(([place, { refused }]) =>
      refused === undefined ? [] : [`the newest reload ${place} did not work: ${refused}`],
    ),
    ...(here.roles.length + there.roles.length === 0
      ? []
      : [`active for ${activeOf(here)} here, ${activeOf(there)} there`]),
  ];
}

const activeOf = ({ roles }: Side): string => {
  const count = roles.filter(({ role }) => role === "active").length;
  return `${count} of ${roles.length} virtual service${roles.length === 1 ? "" : "s"}`;
};
