// The tests of this folder start what is built.
import { build } from "../../../packaging/setup.mjs";

export default function setup() {
  if (!build()) throw new Error("npm run build failed: see above");
}
