import { z } from "zod";
import { script, sh, type Command } from "../../host/command.ts";
import { writeFile } from "../../host/file.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { defineKind, nothing, type Change, type Plan } from "../../kind.ts";

const NAME = "must be a host name: labels of letters, digits and -, parted by dots, at most 64 characters";

export const HostnameSpec = z.strictObject({
  /** The host's name, with or without its domain. */
  name: z
    .string(NAME)
    .max(64, NAME)
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i, NAME),
});
export type HostnameSpec = z.infer<typeof HostnameSpec>;

interface Facts {
  readonly now: string;
  /** The text of /etc/hostname. */
  readonly boot: string;
  /** The lines of /etc/hosts. */
  readonly hosts: readonly string[];
}

/** A spec, and what of the host is not as it says. */
interface State extends HostnameSpec {
  readonly now?: string;
  readonly boot?: string;
  /** The line of /etc/hosts that stands for the host itself, or `no line`. */
  readonly hosts?: string;
}

const QUERY = script(
  "hostname",
  `
echo == now
uname -n
echo == boot
[ ! -f /etc/hostname ] || cat /etc/hostname
echo == hosts
[ ! -f /etc/hosts ] || cat /etc/hosts
`,
);

/**
 * The host's name: now, at boot, and in /etc/hosts, so that it can be looked up. There is one per host. When it is no
 * longer declared it stays. A Proxmox VE node keeps its name: its certificates and the paths of its guests go by it.
 */
export const hostname = defineKind<State, Facts>({
  type: "system:Hostname",
  holdsData: false,
  spec: HostnameSpec,
  id: () => "hostname",
  unfit: (_spec, platform) =>
    platform === "proxmox"
      ? ["a Proxmox VE node is not renamed from here: its certificates and the paths of its guests go by its name"]
      : [],
  query: () => QUERY,
  parse,

  view({ now, boot, hosts }, { name }) {
    return {
      name,
      ...(now === name ? {} : { now }),
      ...(boot === name ? {} : { boot }),
      ...(names(hosts).includes(name) ? {} : { hosts: hosts[own(hosts)] ?? "no line" }),
    };
  },

  plan(live, want, _context, facts) {
    const changes = differences(live, want);
    return facts === undefined || changes.length === 0
      ? { ...nothing, changes }
      : { changes, refusals: [], ...steps(facts, want, changes) };
  },

  destroy: () => nothing,
});

function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the host's name: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  return { now: section("now")[0] ?? "", boot: section("boot").join("\n").trim(), hosts: section("hosts") };
}

/** All names that /etc/hosts has an address for. */
function names(hosts: readonly string[]): string[] {
  return hosts.flatMap((line) => line.replace(/#.*/, "").trim().split(/\s+/).slice(1));
}

/** Debian has the host's own name at this address. */
function own(hosts: readonly string[]): number {
  return hosts.findIndex((line) => /^\s*127\.0\.1\.1\s/.test(line));
}

function differences(live: State | undefined, want: HostnameSpec): Change[] {
  return (["now", "boot", "hosts"] as const).flatMap((where): Change[] => {
    const from = live?.[where] ?? live?.name;
    return from === want.name ? [] : [{ prop: `name.${where}`, from, to: want.name }];
  });
}

function steps(facts: Facts, { name }: HostnameSpec, changes: readonly Change[]): Pick<Plan, "commands" | "undo"> {
  const { now, boot, hosts } = facts;
  const file = (path: string, text: string) => writeFile(path, text, { mode: "644" });
  const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");
  const all: [string, Command, Command][] = [
    ["name.hosts", file("/etc/hosts", text(withName(facts, name))), file("/etc/hosts", text(hosts))],
    ["name.boot", file("/etc/hostname", `${name}\n`), file("/etc/hostname", `${boot}\n`)],
    ["name.now", sh`hostname -- ${name}`, sh`hostname -- ${now}`],
  ];
  const due = all.filter(([prop]) => changes.some((change) => change.prop === prop));
  return { commands: due.map(([, command]) => command), undo: due.map(([, , undo]) => undo) };
}

/** Other names at the host's own address stay, its old ones do not. */
function withName({ hosts, now, boot }: Facts, name: string): string[] {
  const at = own(hosts);
  const short = (full: string) => full.replace(/\..*/, "");
  const old = new Set([now, boot, short(now), short(boot)]);
  const others = at < 0 ? [] : names([hosts[at] ?? ""]).filter((one) => !old.has(one) && one !== name);
  const line = ["127.0.1.1", ...new Set([name, short(name), ...others])].join(" ");
  return at < 0 ? [...hosts, line] : hosts.map((is, i) => (i === at ? line : is));
}
