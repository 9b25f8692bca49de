/** A receiver that will not take this notice, however often it is sent. */
export class Rejected extends Error {
  override readonly name = "Rejected";
}
