/** What one look at the host tells about its containers. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { directory } from "../directory.ts";
import { GPU_QUERY, parseGpus } from "./container.gpu.ts";
import { MADE_QUERY, parseMade } from "./container.made.ts";
import { READY_QUERY } from "./container.ready.ts";
import type { Facts as FactsOf } from "./container.state.ts";
import type { DebianFacts } from "./debian.facts.ts";
import { parseDebian } from "./debian.parse.ts";
import { DEBIAN_QUERY } from "./debian.query.ts";
import { parsePve, PVE_QUERY, type PveFacts } from "./pve.facts.ts";

export type Facts = FactsOf<PveFacts, DebianFacts>;

export function query(ids: readonly string[] | undefined): Command {
  return script("lxc-containers", QUERY, ids ?? []);
}

/** `held OPTION FILE…`: every line of the files. One that ends while we look is left out; anything else wrong is told. */
export const HELD = `
held() {
  option=$1
  shift
  case $1 in *'*'*) return 0 ;; esac
  said=$(grep "$option" '' -- "$@" 2>&1 >&3) || [ $? -eq 1 ] || {
    if printf '%s\\n' "$said" | grep -v -e 'No such file or directory$' -e 'No such device$' >&2; then exit 1; fi
  }
} 3>&1
`;

/** What is asked of the platform that the host is. */
export function onEither(proxmox: string, debian: string): string {
  return `if command -v pct >/dev/null
then
  ${proxmox}
else
  ${debian}
fi
`;
}

const QUERY = `
${HELD}
${onEither(PVE_QUERY, DEBIAN_QUERY)}${GPU_QUERY}${READY_QUERY}${MADE_QUERY}
echo == directories
sources | sort -u | while IFS= read -r path
do [ ! -e "$path" ] || printf '%s\\n' "$path"
done | xargs -r -d '\\n' stat --format '%F|%u|%g|%U|%G|%a|%n' --
`;

/** Throws a UserError where the host cannot have containers at all. */
export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the containers: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  const shared = {
    gpus: parseGpus(section("gpus")),
    starting: new Set(section("starting").map(Number)),
    made: parseMade(section("made")),
    directories: new Map(section("directories").flatMap(directory)),
  };
  if (answer.stdout.startsWith("== pve\n")) return { on: { is: "proxmox", ...parsePve(section) }, ...shared };
  return { on: { is: "debian", ...parseDebian(section) }, ...shared };
}
