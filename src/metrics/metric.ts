import type { Steps } from "../config/turns.ts";

/** More values of one source, each with labels of its own. */
type Labelled = readonly (readonly [values: readonly string[], value: number])[];

/** One metric of each source of a kind: a virtual service, a real server, … */
export interface Metric<S> {
  readonly name: `ldirectord_${string}`;
  readonly type: "gauge" | "counter";
  readonly help: string;
  /** Beside those of the source. */
  readonly labels?: readonly string[];
  /** What it is now; undefined: not known. With `labels`, their values with each. */
  readonly of: (source: S) => number | undefined | Labelled;
}

/** Its own labels, as `labelText` writes them, and what it is. */
export type Source<S> = readonly [labels: string, source: S];

const samplesAStep = 100;

/**
 * In Prometheus' text format, and in pieces: of a large table it is much.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function* exposed<S>(
  metrics: readonly Metric<S>[],
  sources: readonly Source<S>[],
  push: (text: string) => void,
): Steps<void> {
  for (const { name, type, help, labels = [], of } of metrics) {
    let text = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    let samples = 0;
    for (const [own, source] of sources) {
      const found = of(source);
      if (typeof found === "number") {
        text += `${name}${own === "" ? "" : `{${own}}`} ${found}\n`;
        samples++;
      }
      for (const [values, value] of typeof found === "object" ? found : []) {
        const more = labelText(labels, values);
        text += `${name}{${own === "" ? more : `${own},${more}`}} ${value}\n`;
        samples++;
      }
      if (samples < samplesAStep) continue;
      push(text);
      text = "";
      samples = 0;
      yield;
    }
    push(text);
    yield;
  }
}

/** `service="tcp:10.0.0.1:80",server="10.0.0.2:80"` */
export const labelText = (names: readonly string[], values: readonly string[]): string =>
  names.map((name, i) => `${name}="${escaped(values[i] ?? "")}"`).join(",");

const escaped = (value: string): string =>
  /[\\"\n]/.test(value)
    ? value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")
    : value;
