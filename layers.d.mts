import type { Rule } from "eslint";

export const layers: Readonly<Record<string, readonly string[]>>;
export const layersPlugin: { rules: Record<string, Rule.RuleModule> };
