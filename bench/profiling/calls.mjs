/** What an inspector's profile says of each function. Pure. */

const nameOf = ({ functionName, url, lineNumber }) =>
  `${functionName || "(anonymous)"} ${url.replace(/^.*\/(?=(dist|node_modules)\/)|^file:\/\//, "")}:${lineNumber + 1}`;

/** @returns busy milliseconds, and by function its own and those with all that it calls */
export function callsOf({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])),
  );
  const functions = new Map();
  let busyMs = 0;
  samples.forEach((id, i) => {
    const ms = timeDeltas[i] / 1000;
    if (byId.get(id).callFrame.functionName === "(idle)") return;
    busyMs += ms;
    const seen = new Set();
    for (let at = id; at !== undefined; at = parents.get(at)) {
      const name = nameOf(byId.get(at).callFrame);
      if (seen.has(name)) continue;
      seen.add(name);
      const call = functions.get(name) ?? { name, ownMs: 0, allMs: 0 };
      functions.set(name, call);
      call.allMs += ms;
      if (at === id) call.ownMs += ms;
    }
  });
  return { busyMs, functions: [...functions.values()] };
}
