/** Archives that are built on the host, by mmdebstrap(1). */
import { z } from "zod";
import { script, withTimeLimit, type Command } from "../../host/command.ts";
import { PackageSpec } from "../system/package.ts";
import { HEAD, LONGEST, PUT, type Place } from "./template.commands.ts";

/** As mmdebstrap(1) lists them; its default, `debootstrap`, is `important` by another name. */
const VARIANTS = ["extract", "custom", "essential", "apt", "required", "minbase", "buildd", "important", "standard"];

const mirror = z
  .string()
  .regex(
    /^((https?|file|copy):\/[!-~]+|deb [!-~]+( [!-~]+)+)$/,
    "must be a URL (http, https, file, copy) or a line of sources.list that begins with deb",
  )
  .refine((text) => !/\/\/[^/ ]*@/.test(text), "must have no user and password");

export const BuildSpec = z.strictObject({
  /** The release, such as `trixie`. */
  suite: z.string().regex(/^[a-z0-9][a-z0-9._/-]*$/, "must be a release's name, such as trixie"),
  /**
   * What is in it, in the words of mmdebstrap(1): `essential`, `apt`, `minbase`, `important`, `standard`, … Those below
   * `important` have no init, without which a container does not start: include one. Default: `important`.
   */
  variant: z.enum(VARIANTS, `must be one of ${VARIANTS.join(", ")}`).default("important"),
  /** Packages beside those of the variant; the order does not matter. Default: none. */
  include: z
    .array(PackageSpec.shape.name)
    .transform((names) => [...new Set(names)].sort())
    .default([]),
  /** Parts of the archive that packages are taken from. Default: `main`. */
  components: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9/-]*$/, "must be a component's name, such as main"))
    .min(1)
    .default(["main"]),
  /**
   * Where packages come from: URLs, or lines of sources.list, which are those of the archive afterwards. Default: what
   * mmdebstrap asks, Debian's own servers, with security updates.
   */
  mirrors: z.array(mirror).default([]),
});
export type BuildSpec = z.infer<typeof BuildSpec>;

/** How an archive was built, as it was written down; undefined where that cannot be read any more. */
export function recipeOf(text: string): BuildSpec | undefined {
  try {
    return BuildSpec.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Has the host build it. */
export function build({ path, parents }: Omit<Place, "sha256">, recipe: BuildSpec): Command {
  const { suite, variant, include, components, mirrors } = recipe;
  const place = [path, "", parents ? "-p" : "", JSON.stringify(recipe)];
  const args = [...place, suite, variant, components.join(","), include.join(","), ...mirrors];
  return { ...withTimeLimit(script("build-template", BUILD, args), LONGEST), label: label(path, recipe) };
}

function label(path: string, { suite, variant }: BuildSpec): string {
  return script("build-template", "", [path, suite, variant]).label;
}

// What mmdebstrap mounts is seen by its own processes only, which end with the first of them, whatever ends that: so
// nothing stays mounted. What is below the folder of builds is cleaned up by the next run, should this one be killed.
// The archive is that of any host: without the name of the one it was built on, and its name servers.
const BUILD = `${HEAD}
suite=$5 variant=$6 components=$7 include=$8
shift 8
work=$builds$path
rm -rf --one-file-system -- "$work"
mkdir -p -- "$work"
trap 'rm -f -- "$temp"; rm -rf --one-file-system -- "$work"' EXIT
archive=$work/\${path##*/}
TMPDIR=$work unshare --mount --propagation private --pid --fork --kill-child --mount-proc \\
  mmdebstrap --mode=root --variant="$variant" --components="$components" \${include:+--include="$include"} \\
  --customize-hook='rm -f "$1/etc/hostname" "$1/etc/resolv.conf"' \\
  "$suite" "$archive" "$@" || refuse 'was left as it was: mmdebstrap could not build another one'
cat <"$archive" >"$temp"
sha256=$(sha256sum <"$temp" | cut -c 1-64)
built=$from
${PUT}`;
