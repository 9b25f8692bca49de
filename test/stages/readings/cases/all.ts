import type { Readings } from "../reading.ts";
import { serverAddresses, virtualAddresses } from "./addresses.ts";
import { lines, places } from "./lines.ts";
import { globalValues, serviceValues } from "./values.ts";

export const allReadings: readonly Readings[] = [
  globalValues,
  serviceValues,
  virtualAddresses,
  serverAddresses,
  places,
  lines,
];
