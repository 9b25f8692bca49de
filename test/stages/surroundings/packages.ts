import { attempt, type Outcome, succeed } from "./attempt.ts";

/** The two that a site can choose from, as files: the machine has no way out. */
const packages = {
  original: { name: "ldirectord", file: "/srv/ldirectord.deb" },
  ours: { name: "ldirectord-ng", file: "/lab/ldirectord-ng.deb" },
} as const;
export type Which = keyof typeof packages;

/** As an operator does it. Returns all that was said. */
export const install = (which: Which): Promise<string> => apt("install", packages[which].file);

/** The same, and how it ended. */
export const tryInstall = (which: Which): Promise<Outcome> =>
  tryApt("install", packages[which].file);

/** The same package over itself: its scripts are those of an upgrade. */
export const upgrade = (which: Which): Promise<string> =>
  apt("install", "--reinstall", packages[which].file);

/** The site's configuration stays. */
export const remove = (which: Which): Promise<string> => apt("remove", packages[which].name);

/** With the site's configuration, as Debian has it. */
export const purge = (which: Which): Promise<string> => apt("purge", packages[which].name);

const tryApt = (...words: readonly string[]): Promise<Outcome> =>
  attempt(
    "apt-get",
    "-y",
    "-q",
    "--no-install-recommends",
    // A site's own file stays, without a question.
    ...["-o", "Dpkg::Options::=--force-confold"],
    ...words,
  );

async function apt(...words: readonly string[]): Promise<string> {
  const { code, out, err } = await tryApt(...words);
  if (code !== 0) throw new Error(`apt-get ${words.join(" ")}: ${code}\n${out}${err}`);
  return out + err;
}

export async function isInstalled(which: Which): Promise<boolean> {
  const { out } = await attempt("dpkg", "--status", packages[which].name);
  return out.includes("\nStatus: install ok installed\n");
}

/** For a test that begins here, whatever the one before has left: this one is installed, and no director runs. */
export async function begin(which: Which): Promise<void> {
  await attempt("systemctl", "stop", "ldirectord");
  // Never one over the other's files: that is for the test of the switch.
  if (which === "original" && (await isInstalled("ours"))) await purge("ours");
  if (!(await isInstalled(which))) await install(which);
  await attempt("systemctl", "stop", "ldirectord");
  await attempt("systemctl", "reset-failed", "ldirectord");
  await succeed("ipvsadm", "-C");
}

export const systemctl = (...words: readonly string[]): Promise<Outcome> =>
  attempt("systemctl", ...words, "ldirectord");
