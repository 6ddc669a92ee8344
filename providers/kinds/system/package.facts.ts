/** What one look at the host tells about some Debian packages. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { OURS } from "./ours.ts";

export interface Package {
  /** dpkg's word for how far it is: `installed`, `half-configured`, `config-files`. */
  readonly status: string;
  readonly version: string;
  readonly held: boolean;
  /** The system does not work without it. */
  readonly essential: boolean;
}

export interface Facts {
  /** By name as it was asked for: plain for one of the host's own architecture. */
  readonly packages: ReadonlyMap<string, Package>;
  /** The version that apt would install, by name. */
  readonly candidates: ReadonlyMap<string, string>;
  /** The packages that were installed by us. */
  readonly ours: ReadonlySet<string>;
  /** The process that holds the lock of dpkg, such as `1234 (apt-get)`. */
  readonly lockedBy: string | undefined;
  /** Packages that ask for a reboot before they take effect. */
  readonly awaitReboot: ReadonlySet<string>;
  /** Release of the running kernel. */
  readonly kernel: string;
}

export function query(names: readonly string[] | undefined): Command {
  return script("packages", QUERY, names ?? []);
}

const QUERY = `
command -v apt-get >/dev/null || exit 0
echo == system
dpkg --print-architecture
uname -r
echo == packages
[ $# -eq 0 ] || dpkg-query -W -f '\${Package}|\${Architecture}|\${db:Status-Want}|\${db:Status-Status}|\${Version}|\${Essential}|\${Protected}\\n' \\
  -- "$@" 2>/dev/null || [ $? -eq 1 ]
echo == candidates
[ $# -eq 0 ] || apt-cache policy -- "$@"
echo == ours
for name do [ ! -e "${OURS}/packages/$name" ] || echo "$name"; done
echo == lock
lock=$(stat -c %i /var/lib/dpkg/lock-frontend 2>/dev/null) || lock=none
while read -r _ _ _ _ pid file _
do [ "\${file##*:}" != "$lock" ] || echo "$pid ($(cat "/proc/$pid/comm"))"
done </proc/locks
echo == reboot
[ ! -f /run/reboot-required.pkgs ] || sort -u /run/reboot-required.pkgs
`;

/** Throws a UserError on a host without apt. */
export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the packages: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  const [arch, kernel = ""] = section("system");
  if (arch === undefined) throw new UserError("the host has no apt-get: packages are managed on Debian only");
  return {
    packages: new Map(section("packages").flatMap((line) => installed(line, arch))),
    candidates: candidates(section("candidates"), arch),
    ours: new Set(section("ours")),
    lockedBy: section("lock")[0],
    awaitReboot: new Set(section("reboot")),
    kernel,
  };
}

function installed(line: string, ownArch: string): [string, Package][] {
  const [name = "", arch = "", want = "", status = "", version = "", essential, protect] = line.split("|");
  const one = { status, version, held: want === "hold", essential: essential === "yes" || protect === "yes" };
  const own = arch === ownArch || arch === "all" || arch === "";
  return [[`${name}:${arch}`, one], ...(own ? [[name, one] as [string, Package]] : [])];
}

/** `apt-cache policy`: a package's name at the start of a line, its candidate below. */
function candidates(lines: readonly string[], ownArch: string): Map<string, string> {
  let name = "";
  return new Map(
    lines.flatMap((line): [string, string][] => {
      name = /^(\S+):$/.exec(line)?.[1] ?? name;
      const candidate = /^ {2}Candidate: (.*)$/.exec(line)?.[1];
      return candidate === undefined || candidate === "(none)"
        ? []
        : [name, `${name}:${ownArch}`].map((one) => [one, candidate]);
    }),
  );
}
