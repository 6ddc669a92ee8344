/** A package repository on the lab host itself, for it has no network: packages with nothing in them. */
export interface TinyPackage {
  readonly name: string;
  readonly versions: readonly string[];
  /** A control file's further lines, such as `Depends: tiny-b`. */
  readonly fields?: readonly string[];
  /** The text of its postinst. */
  readonly postinst?: string;
}

/** A shell line that makes the repository apt's only source, and fetches its list. */
export function aptRepository(packages: readonly TinyPackage[]): string {
  const builds = packages.flatMap(({ name, versions, fields = [], postinst = "exit 0" }) =>
    versions.map((version) => {
      const control = [
        `Package: ${name}`,
        `Version: ${version}`,
        "Architecture: all",
        "Maintainer: Lab <lab@localhost>",
      ];
      const lines = [...control, ...fields, "Description: nothing"].map((line) => `'${line}'`).join(" ");
      return `build ${name}_${version.replace(":", "%3a")} '${postinst}' ${lines}`;
    }),
  );
  return [
    "mkdir -p /srv/apt && cd /srv/apt",
    'build() { rm -rf t; mkdir -p t/DEBIAN; printf "#!/bin/sh\\n%s\\n" "$2" >t/DEBIAN/postinst; chmod 755 t/DEBIAN/postinst',
    'deb=$1; shift 2; printf "%s\\n" "$@" >t/DEBIAN/control; dpkg-deb --root-owner-group -Znone --build t "$deb.deb" >/dev/null',
    'printf "%s\\n" "$@" "Filename: ./$deb.deb" "Size: $(stat -c %s "$deb.deb")" "SHA256: $(sha256sum <"$deb.deb" | cut -c 1-64)" "" >>Packages; }',
    ...builds,
    "rm -rf t; mkdir -p /srv/sources; find /etc/apt/sources.list /etc/apt/sources.list.d -type f -exec mv {} /srv/sources/ \\;",
    "echo 'deb [trusted=yes] file:/srv/apt ./' >/etc/apt/sources.list",
    "echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/lab",
    "apt-get -q update",
  ].join("\n");
}
