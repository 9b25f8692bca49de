import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RealServer, startRealServer, userIds } from "./real-server.ts";

/** A folder for a postfix; what its files name goes into `config` in it. */
export function postfixFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(folder, 0o755);
  for (const name of ["config", "queue", "data"]) mkdirSync(join(folder, name));
  const { uid, gid } = userIds("postfix");
  chownSync(join(folder, "data"), uid, gid);
  return folder;
}

/**
 * Postfix in a folder from above.
 * @param port where it listens once it is there
 * @param main lines of main.cf, after those that say where everything is
 */
export async function startPostfixIn(
  folder: string,
  { port, main, master }: { readonly port: number; readonly main: string; readonly master: string },
): Promise<RealServer> {
  const config = join(folder, "config");
  writeFileSync(
    join(config, "main.cf"),
    `compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = ${folder}/log
maillog_file_prefixes = ${folder}
inet_interfaces = loopback-only
myhostname = mail.example
mydestination =
alias_maps =
${main}
`,
  );
  writeFileSync(join(config, "master.cf"), `${master}\n`);
  execFileSync("postfix", ["-c", config, "check"], { stdio: "pipe" });
  return await startRealServer({
    command: "/usr/lib/postfix/sbin/master",
    args: ["-d", "-c", config],
    ready: { port },
  });
}
