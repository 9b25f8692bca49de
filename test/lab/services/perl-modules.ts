import { run } from "../command.ts";
import type { Target } from "./targets.ts";

/** What the original loads at the first check of a service; without it, it dies there. */
const byService: Readonly<Record<string, readonly string[]>> = {
  dns: ["Net::DNS"],
  ftp: ["Net::FTP"],
  http: ["LWP::UserAgent"],
  http_proxy: ["LWP::UserAgent", "LWP::Protocol::https"],
  https: ["LWP::Protocol::https"],
  imap: ["Net::IMAP::Simple"],
  imaps: ["Net::IMAP::Simple::SSL"],
  ldap: ["Net::LDAP"],
  ldaps: ["Net::LDAP", "IO::Socket::SSL"],
  mysql: ["DBD::mysql"],
  pgsql: ["DBD::Pg"],
  pop: ["Mail::POP3Client"],
  pops: ["Mail::POP3Client", "IO::Socket::SSL"],
  radius: ["Authen::Radius"],
  smtp: ["Net::SMTP"],
  submission: ["Net::SMTP"],
};

const modulesOf = ({ service, family }: Target): readonly string[] => [
  ...(byService[service] ?? []),
  ...(service.startsWith("http") && family === 6 ? ["Net::INET6Glue"] : []),
];

/** @returns targets that the original cannot be run on here, each with the modules that it lacks */
export async function lacking(
  targets: readonly Target[],
): Promise<ReadonlyMap<Target, readonly string[]>> {
  const all = [...new Set(targets.flatMap(modulesOf))];
  const look = 'for (@ARGV) { eval "require $_" or print "$_\\n" }';
  const missing = new Set((await run("perl", ["-e", look, ...all])).split("\n"));
  return new Map(
    targets.flatMap((it) => {
      const lacks = modulesOf(it).filter((name) => missing.has(name));
      return lacks.length > 0 ? [[it, lacks] as const] : [];
    }),
  );
}
