/**
 * Who may import whom, values and types alike: a folder's own files, and those of the folders in its row. A row names
 * only folders above it, so there is no way up, and no circle. test/unit/layers.test.ts plants what is forbidden.
 */
import { dirname, relative, resolve } from "node:path";

export const layers = {
  "src/model": [],
  "src/errors.ts": [],
  "src/native": [],
  "src/netlink": ["src/errors.ts", "src/native"],
  "checks/lib": ["checks", "src/model", "src/native"],
  checks: ["checks/lib", "src/model"],
  "src/log": ["src/model", "src/native"],
  "src/config": ["src/model", "src/native"],
  "src/ini": ["src/model", "src/config"],
  "src/ipvs": ["src/model", "src/errors.ts", "src/native", "src/netlink", "src/log"],
  "src/health": ["src/model", "src/netlink", "checks/lib", "checks", "src/log", "src/config"],
  "src/reconcile": [
    "src/model",
    "src/errors.ts",
    "src/log",
    "src/config",
    "src/ipvs",
    "src/health",
  ],
  "src/http": ["src/model"],
  "src/web": ["src/model", "src/log", "src/config", "src/ini", "src/http"],
  "src/programs": ["src/model", "src/native", "src/log"],
  "src/files": ["src/model"],
  "src/incidents": [
    ...["src/model", "src/files", "src/log", "src/config", "src/ini", "src/health", "src/programs"],
    "src/mail",
  ],
  "src/word": [
    ...["src/model", "src/log", "src/config", "src/ini", "src/ipvs", "src/health"],
    ...["src/reconcile", "src/programs"],
  ],
  "src/role": ["src/model", "src/netlink", "src/log", "src/ini", "src/ipvs", "src/programs"],
  "src/mail": ["src/model", "src/log", "src/config", "src/health", "src/reconcile", "src/programs"],
  "src/monitorfile": ["src/model", "src/native", "checks", "src/log", "src/health"],
  "src/status": [
    "src/orders",
    "src/role",
    "src/model",
    "checks",
    "src/log",
    "src/config",
    "src/ipvs",
    "src/health",
    "src/reconcile",
  ],
  "src/process": ["src/model", "src/errors.ts", "src/native", "src/log", "src/config"],
  "src/daemon": [
    ...[
      "src/model",
      "src/errors.ts",
      "src/native",
      "checks/lib",
      "checks",
      "src/log",
      "src/config",
      "src/ini",
      "src/ipvs",
    ],
    ...["src/health", "src/reconcile", "src/programs", "src/mail", "src/monitorfile", "src/status"],
    ...["src/orders", "src/role", "src/word", "src/files", "src/incidents"],
  ],
  "src/orders": ["src/model", "src/files", "src/log", "src/config", "src/health"],
  "src/control": [
    ...[
      "src/model",
      "src/errors.ts",
      "src/native",
      "src/log",
      "src/config",
      "src/ipvs",
      "src/health",
      "src/orders",
      "src/status",
    ],
    ...["src/daemon", "src/plan", "src/word", "src/http"],
  ],
  "src/metrics": [
    ...["src/model", "checks", "src/log", "src/config", "src/ini", "src/ipvs", "src/health"],
    ...["src/status", "src/word", "src/daemon", "src/http", "src/web"],
  ],
  "src/page": [
    ...["src/model", "src/config", "src/ini", "src/ipvs", "src/log", "src/orders", "src/status"],
    ...["src/plan", "src/http", "src/web", "src/control"],
  ],
  "src/commands": [
    ...["src/orders", "src/incidents"],
    ...[
      "src/model",
      "src/errors.ts",
      "src/native",
      "checks/lib",
      "checks",
      "src/log",
      "src/config",
      "src/ini",
    ],
    ...["src/ipvs", "src/reconcile", "src/programs", "src/status", "src/process", "src/daemon"],
    ...["src/control", "src/metrics", "src/page"],
  ],
  "src/keepalived": ["src/model", "checks/lib", "src/config"],
  "src/doctor": ["src/model", "src/native", "src/ini", "src/ipvs", "src/role"],
  "src/plan": [
    ...["src/model", "checks", "src/config", "src/ini", "src/ipvs", "src/health", "src/reconcile"],
    ...["src/programs", "src/daemon"],
  ],
  "src/compare": ["src/model", "src/ipvs", "src/orders", "src/status", "src/daemon", "src/plan"],
  "src/simulate": [
    ...["src/model", "checks", "src/log", "src/config", "src/ini", "src/ipvs", "src/health"],
    ...["src/reconcile", "src/programs", "src/mail", "src/daemon"],
  ],
  "src/ctl": [
    ...["src/orders", "src/health", "src/incidents"],
    ...["src/model", "src/errors.ts", "checks", "src/config", "src/ini", "src/ipvs", "src/log"],
    ...["src/process", "src/status", "src/daemon", "src/commands"],
    ...["src/keepalived", "src/doctor", "src/plan", "src/simulate", "src/compare", "src/word"],
  ],
};

/** The row of a path from the top of the checkout: the longest that names it, or a folder that it is in. */
function rowOf(path) {
  const rows = Object.keys(layers).filter((row) => path === row || path.startsWith(`${row}/`));
  return rows.sort((a, b) => b.length - a.length)[0];
}

/** ESLint's rule that holds the table. Packages, and files outside of src and checks, are no concern of it. */
const rule = {
  meta: {
    type: "problem",
    schema: [],
    messages: { up: "{{from}} may not import {{to}}: see layers.mjs" },
  },
  create(context) {
    const from = relative(import.meta.dirname, context.filename);
    const row = rowOf(from);
    const look = ({ source }) => {
      if (row === undefined || typeof source?.value !== "string" || !source.value.startsWith("."))
        return;
      const to = relative(import.meta.dirname, resolve(dirname(context.filename), source.value));
      const target = rowOf(to) ?? to;
      if (target === row || layers[row].includes(target)) return;
      if (target !== to || /^(src|checks)\//.test(to)) {
        context.report({ node: source, messageId: "up", data: { from: row, to } });
      }
    };
    return {
      ImportDeclaration: look,
      ExportNamedDeclaration: look,
      ExportAllDeclaration: look,
      ImportExpression: look,
    };
  },
};

/** For eslint.config.mjs. */
export const layersPlugin = { rules: { layers: rule } };
