/** What one look at the host tells about its containers. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { directory } from "../directory.ts";
import { GPU_QUERY, parseGpus } from "./container.gpu.ts";
import type { Facts as FactsOf } from "./container.state.ts";
import type { DebianFacts } from "./debian.facts.ts";
import { parseDebian } from "./debian.parse.ts";
import { DEBIAN_QUERY } from "./debian.query.ts";
import { parsePve, PVE_QUERY, type PveFacts } from "./pve.facts.ts";

export type Facts = FactsOf<PveFacts, DebianFacts>;

export function query(ids: readonly string[] | undefined): Command {
  return script("lxc-containers", QUERY, ids ?? []);
}

const QUERY = `
if command -v pct >/dev/null
then
  ${PVE_QUERY}
else
  ${DEBIAN_QUERY}
fi
${GPU_QUERY}
echo == directories
# Those that are not there are left out.
sources | sort -u | xargs -r -d '\\n' stat --format '%F|%u|%g|%U|%G|%a|%n' -- 2>/dev/null || :
`;

/** Throws a UserError where the host cannot have containers at all. */
export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the containers: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  const shared = {
    gpus: parseGpus(section("gpus")),
    directories: new Map(section("directories").flatMap(directory)),
  };
  if (answer.stdout.startsWith("== pve\n")) return { on: { is: "proxmox", ...parsePve(section) }, ...shared };
  return { on: { is: "debian", ...parseDebian(section) }, ...shared };
}
