// The sample of ldirectord-ng.ini from its chapter of docs/ldirectord.8.md: every setting, commented out.

/** @param markdown the manual @returns the file's text */
export function iniSample(markdown) {
  const chapter = /^# LDIRECTORD-NG\.INI\n(.*?)^# /ms.exec(markdown)?.[1] ?? "";
  const [intro = "", ...entries] = chapter.trim().split(/^### /m);
  const lines = [...comment(intro), "# What is set here is what holds when it is not set."];
  let section = "";
  for (const entry of entries) {
    const [title = "", facts = "", ...text] = entry.trim().split(/\n+/);
    const [, named = "", key, words = ""] = /^(\[[^\]]+\]) ([\w-]+)=(.*)$/.exec(title) ?? [];
    // One that is named for something has to be: it is no line to begin with.
    const isNamed = named.includes(" ");
    if (named !== section && !isNamed) lines.push("", named);
    section = named;
    const preset = /Default: (.*?)\.(?: |\*|$)/.exec(facts)?.[1] ?? "";
    lines.push("", ...comment([facts, ...text].join("\n")));
    if (isNamed) lines.push(`# ${named}`, `# ${key}=${words}`);
    else lines.push(`#${key}=${preset === "none" ? words : preset}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Without the marks of Markdown, at most 100 columns. */
const comment = (text) =>
  text
    .trim()
    .split(/\n+/)
    .flatMap((paragraph) => paragraph.replace(/[*`]/g, "").match(/.{1,98}(?:\s|$)/g) ?? [])
    .map((line) => `# ${line.trimEnd()}`);
