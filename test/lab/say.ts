/** A line for whoever reads the run's output. */
export function say(text: string): void {
  console.log(text);
}
