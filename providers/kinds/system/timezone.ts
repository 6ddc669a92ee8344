import { z } from "zod";
import { script } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { defineKind, nothing } from "../../kind.ts";

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
[ ! -f /etc/timezone ] || cat /etc/timezone
`,
);

/** /etc/timezone is of older systems: it is kept right where there is one. */
const SET = `
[ -f "/usr/share/zoneinfo/$1" ] || { echo "the host has no time zone $1 in /usr/share/zoneinfo" >&2; exit 1; }
[ ! -f /etc/timezone ] || printf '%s\\n' "$1" >/etc/timezone
ln -sfn -- "/usr/share/zoneinfo/$1" /etc/.localtime.phoenix-new
mv -fT /etc/.localtime.phoenix-new /etc/localtime
`;

interface Facts {
  readonly zone: string;
}

/** The host's time zone. There is one per host; when it is no longer declared it stays. Running programs keep theirs. */
export const timeZone = defineKind<TimeZoneSpec, Facts>({
  type: "system:TimeZone",
  holdsData: false,
  spec: TimeZoneSpec,
  id: () => "timezone",
  query: () => QUERY,
  parse,

  view: ({ zone }) => ({ zone }),

  plan(live, want) {
    if (live?.zone === want.zone) return nothing;
    const changes = [{ prop: "zone", from: live?.zone, to: want.zone }];
    return { changes, refusals: [], commands: [script("set-timezone", SET, [want.zone])] };
  },

  destroy: () => nothing,
});

function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the time zone: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  const link = section("localtime")[0]?.replace("/usr/share/zoneinfo/", "") ?? "UTC";
  const text = section("timezone")[0]?.trim();
  return { zone: text === undefined || text === link ? link : `${link}, and ${text} in /etc/timezone` };
}
