import { z } from "zod";
import { script } from "../../host/command.ts";
import { restoreFile, writeFile } from "../../host/file.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { defineKind, nothing, type Plan } from "../../kind.ts";

const ZONE = "must be a time zone's name, such as Europe/Berlin or UTC";

export const TimeZoneSpec = z.strictObject({
  /** The time zone, by its name in /usr/share/zoneinfo. */
  zone: z
    .string(ZONE)
    .max(64, ZONE)
    .regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9][A-Za-z0-9_+-]*){0,2}$/, ZONE),
});
export type TimeZoneSpec = z.infer<typeof TimeZoneSpec>;

const QUERY = script(
  "timezone",
  `
echo == localtime
[ ! -e /etc/localtime ] || readlink -m /etc/localtime
echo == timezone
[ ! -f /etc/timezone ] || grep -n '' /etc/timezone || echo '1:'
`,
);

const LINK = `
[ -f "/usr/share/zoneinfo/$1" ] || { echo "the host has no time zone $1 in /usr/share/zoneinfo" >&2; exit 1; }
ln -sfn -- "/usr/share/zoneinfo/$1" /etc/.localtime.phoenix-new
mv -fT /etc/.localtime.phoenix-new /etc/localtime
`;

/** Of older systems: it is kept right where there is one. */
const FILE = "/etc/timezone";

interface Facts {
  /** Where /etc/localtime leads to. */
  readonly link: string;
  /** The text of /etc/timezone; undefined: there is none. */
  readonly text: string | undefined;
}

/** The host's time zone. There is one per host; when it is no longer declared it stays. Running programs keep theirs. */
export const timeZone = defineKind<TimeZoneSpec, Facts>({
  type: "system:TimeZone",
  holdsData: false,
  spec: TimeZoneSpec,
  id: () => "timezone",
  query: () => QUERY,
  parse,

  view: ({ link, text }) => ({
    zone: text === undefined || text.trim() === link ? link : `${link}, and ${text.trim()} in ${FILE}`,
  }),

  plan(live, want, _context, facts) {
    if (live?.zone === want.zone) return nothing;
    const changes = [{ prop: "zone", from: live?.zone, to: want.zone }];
    return facts === undefined ? { ...nothing, changes } : { changes, refusals: [], ...steps(facts, want) };
  },

  destroy: () => nothing,
});

function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the time zone: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  const [link = "UTC"] = section("localtime").map((path) => path.replace("/usr/share/zoneinfo/", ""));
  const lines = section("timezone").map((line) => `${line.slice(line.indexOf(":") + 1)}\n`);
  return { link, text: lines.length === 0 ? undefined : lines.join("") };
}

/** The link comes last: nothing can fail once it leads elsewhere. */
function steps({ link, text }: Facts, { zone }: TimeZoneSpec): Pick<Plan, "commands" | "undo"> {
  const writes = text !== undefined && text.trim() !== zone;
  return {
    commands: [
      ...(writes ? [writeFile(FILE, `${zone}\n`, MODE)] : []),
      ...(link === zone ? [] : [script("set-timezone", LINK, [zone])]),
    ],
    undo: writes ? [restoreFile(FILE, text, MODE)] : [],
  };
}

const MODE = { mode: "644" };
