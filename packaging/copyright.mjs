// debian/copyright: our own licence, and that of every package that is part of what is installed.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { top } from "./setup.mjs";

const read = (...path) => readFileSync(join(top, ...path), "utf8");
const indented = (text) =>
  text
    .trim()
    .split("\n")
    .map((line) => (line.trim() === "" ? " ." : ` ${line.trimEnd()}`))
    .join("\n");

/** @param packages the names of the npm packages in it */
export function copyright(packages) {
  const own = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: ldirectord-ng
Comment:
 etc/ha.d/ldirectord.cf, etc/default/ldirectord and etc/logrotate.d/ldirectord
 are byte for byte those of Debian's package ldirectord (GPL-2+, a few lines of
 comment each), so that dpkg sees no change where it takes that one's place.

Files: *
Copyright: the ldirectord-ng authors
License: Expat
${indented(read("LICENSE"))}
`;
  return [own, ...packages.map(stanza)].join("\n");
}

function stanza(name) {
  const { license, author, version } = JSON.parse(read("node_modules", name, "package.json"));
  const file = readdirSync(join(top, "node_modules", name)).find((each) =>
    /^licen[cs]e/i.test(each),
  );
  const text = file === undefined ? `${license}` : read("node_modules", name, file);
  const by = /^.*copyright.*$/im.exec(text)?.[0].trim() ?? authorName(author);
  return `Files: ${name.replaceAll("/", "-")}
Copyright: ${by}
Comment: npm package ${name} ${version}, ${license}
License: ${license} as in ${name}
${indented(withoutApache(text))}
`;
}

/** Debian has that licence on every machine. */
const withoutApache = (text) =>
  text.replace(
    /^\s*Apache License\s+Version 2\.0.*END OF TERMS AND CONDITIONS.*/ms,
    "The Apache License, version 2.0, is in /usr/share/common-licenses/Apache-2.0.\n",
  );

const authorName = (author) =>
  typeof author === "string" ? author : (author?.name ?? "its authors");
