/** What one look at the host tells about named snapshots of containers. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { HELD, onEither } from "./container.facts.ts";
import { parseDebian, DEBIAN_QUERY } from "./snapshot.debian.ts";
import { parsePve, PVE_QUERY } from "./snapshot.pve.ts";
import type { Facts } from "./snapshot.state.ts";

/** Looks at the containers that the snapshots are of, and at no others. */
export function query(ids: readonly string[] | undefined): Command {
  return script("lxc-snapshots", QUERY, [...new Set((ids ?? []).map((id) => id.replace(/@.*/, "")))]);
}

const QUERY = `
${HELD}
${onEither(PVE_QUERY, DEBIAN_QUERY)}`;

/** Throws a UserError where the host cannot have containers at all. */
export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the containers' snapshots: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  if (answer.stdout.startsWith("== pve\n")) return { on: "proxmox", containers: parsePve(section) };
  return { on: "debian", containers: parseDebian(section) };
}
