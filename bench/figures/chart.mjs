/** Figures as a picture: bars from the left, each contestant a colour, the range of the runs a line at the bar's end. Pure. */
import { median } from "./statistics.mjs";
import { shown } from "./table.mjs";

const [width, left, right, bar, gap] = [760, 190, 110, 16, 14];
const colours = { ours: "#2f81f7", keepalived: "#d97706", original: "#a855f7", floor: "#6b7280" };
const otherColour = "#16a34a";

const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

const text = (x, y, content, attributes = "") =>
  `<text x="${x}" y="${y}"${attributes}>${escaped(content)}</text>\n`;

const rectangle = (x, y, size, height, fill) =>
  `<rect x="${x}" y="${y}" width="${size.toFixed(1)}" height="${height}" rx="2" fill="${fill}"/>\n`;

const colourOf = (who) => colours[who] ?? otherColour;

/**
 * @param title what the numbers are, with their unit
 * @param figures of statistics.mjs: a group of bars each, all to one scale
 */
export function chart(title, figures) {
  const groups = figures.map(({ row, at, values }) => ({
    name: `${row}, ${at}`,
    bars: Object.entries(values).filter(([, runs]) => runs?.length),
  }));
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(([, runs]) => Math.max(...runs))));
  const scale = (value) => (value / most) * (width - left - right);
  const contestants = [...new Set(groups.flatMap(({ bars }) => bars.map(([who]) => who)))];
  let y = 62;
  let body = text(12, 22, title, ' class="title"');
  contestants.forEach((who, i) => {
    body += rectangle(left + i * 120, 34, 12, 12, colourOf(who));
    body += text(left + i * 120 + 18, 44, who);
  });
  for (const { name, bars } of groups) {
    body += text(left - 10, y + (bars.length * bar) / 2 + 4, name, ' text-anchor="end"');
    for (const [who, runs] of bars) {
      const [least, middle, greatest] = [Math.min(...runs), median(runs), Math.max(...runs)];
      body += rectangle(left, y + 1, Math.max(1, scale(middle)), bar - 2, colourOf(who));
      const from = (left + scale(least)).toFixed(1);
      const to = (left + scale(greatest)).toFixed(1);
      if (greatest > least) body += `<path class="range" d="M${from} ${y + bar / 2}H${to}"/>\n`;
      body += text((left + scale(greatest) + 6).toFixed(1), y + bar - 4, shown(middle));
      y += bar;
    }
    y += gap;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img" aria-label="${escaped(title)}">
<style>
text { font: 12px sans-serif; fill: #1f2328; }
.title { font-weight: bold; }
.range { stroke: #1f2328; stroke-width: 2; }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .range { stroke: #e6edf3; } }
</style>
${body}</svg>
`;
}
