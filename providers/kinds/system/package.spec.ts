import { z } from "zod";

export const PackageSpec = z
  .strictObject({
    /** The Debian package's name, with `:i386` and the like for one of another architecture. */
    name: z
      .string()
      .max(128, "must have at most 128 characters")
      .regex(
        /^[a-z0-9][a-z0-9+.-]*[a-z0-9+.](:[a-z0-9][a-z0-9-]*)?$/,
        "must be a Debian package's name, such as smartmontools",
      ),
    /**
     * `present`: installed, in whatever version. `latest`: in the newest version that the host's package lists know
     * (they are fetched anew only when they do not know a declared package). `absent`: not installed; its
     * configuration files stay. Default: `present`.
     */
    state: z.enum(["present", "latest", "absent"], "must be present, latest or absent").default("present"),
    /** The exact version, as dpkg writes it: `2.3.9-1`. An older one than the installed is a downgrade. Default: any. */
    version: z
      .string()
      .max(200, "must have at most 200 characters")
      .regex(/^[0-9][A-Za-z0-9.+~:-]*$/, "must be a whole version as dpkg writes it, such as 1:2.3.9-1")
      .regex(/[^+-]$/, "must not end in + or -")
      .optional(),
    /** Whether upgrades by others leave the package alone (`apt-mark hold`). Default: left as it is. */
    hold: z.boolean("must be true or false").optional(),
  })
  .check(({ value: { state, version, hold }, issues }) => {
    if (version !== undefined && state !== "present")
      issues.push({ code: "custom", message: `excludes state ${state}`, path: ["version"], input: version });
    if (hold === true && state === "absent")
      issues.push({ code: "custom", message: "excludes state absent", path: ["hold"], input: hold });
  });
export type PackageSpec = z.infer<typeof PackageSpec>;
