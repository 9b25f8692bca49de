// The manual pages from docs/*.8.md. The Markdown that is used there and no more: #, ## and ### headings (an item
// each), paragraphs, indented code, **bold**, *italic*, `code`.

/** @param title of the page @param epoch of the date in the foot, in seconds */
export function roff(markdown, { title: name, version, epoch }) {
  const date = new Date(epoch * 1000).toISOString().slice(0, 10);
  const head = `.TH ${name.toUpperCase()} 8 "${date}" "ldirectord\\-ng ${version}" "System Administration"\n.nh\n.ad l\n`;
  let isItem = false;
  const body = markdown
    .trim()
    .split(/\n{2,}/)
    .map((block) => {
      const [, level, title = ""] = /^(#+) (.*)$/.exec(block) ?? [];
      if (level !== undefined) {
        isItem = level.length === 3;
        if (isItem) return `.TP\n.B ${quoted(title)}`;
        return `.${level.length === 1 ? "SH" : "SS"} ${quoted(title)}`;
      }
      if (block.startsWith("    ")) {
        const lines = block.split("\n").map((line) => leading(escaped(line.slice(4))));
        return `.PP\n.RS 4\n.nf\n${lines.join("\n")}\n.fi\n.RE`;
      }
      return `${isItem ? nextInItem(block) : ".PP\n"}${wrapped(inline(block))}`;
    });
  // The first paragraph behind a heading needs no .PP.
  const text = body.join("\n").replace(/^(\.S[HS] .*)\n\.PP$/gm, "$1");
  return `${head}${text}\n`;
}

/** An item's first paragraph, its facts, stands alone; what follows keeps its indent. */
const nextInItem = (block) =>
  block.startsWith("*Scope") || block.startsWith("*Default") ? "" : ".br\n";

const quoted = (text) => `"${escaped(text).replaceAll('"', "\\(dq")}"`;

function escaped(text) {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti");
}

/** A dot or a quote at the start of a line would be a command. */
const leading = (line) => (/^[.']/.test(line) ? `\\&${line}` : line);

/** Lines of at most 80 characters, which is what roff's checkers like to see. */
const wrapped = (text) =>
  text
    .replace(/\s+/g, " ")
    .replace(/(.{1,78})( |$)/g, "$1\n")
    .trim()
    .split("\n")
    .map(leading)
    .join("\n");

function inline(text) {
  return text
    .split(/(`[^`]*`|\*\*[^*]+\*\*|\*[^*]+\*)/)
    .map((part) => {
      if (part.startsWith("`")) return `\\fB${escaped(part.slice(1, -1))}\\fP`;
      if (part.startsWith("**")) return `\\fB${escaped(part.slice(2, -2))}\\fP`;
      if (part.startsWith("*")) return `\\fI${escaped(part.slice(1, -1))}\\fP`;
      return escaped(part);
    })
    .join("");
}
