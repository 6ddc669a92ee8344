/** A package repository on the lab host itself, for it has no network: small packages, most with nothing in them. */
export interface TinyPackage {
  readonly name: string;
  readonly versions: readonly string[];
  /** A control file's further lines, such as `Depends: tiny-b`. */
  readonly fields?: readonly string[];
  /** The text of its postinst and prerm, in which @VERSION@ is the package's without a revision. */
  readonly postinst?: string;
  readonly prerm?: string;
  /** What it holds, by path, with @VERSION@ in both. What is in a bin folder is a program. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A shell line that makes the repository apt's only source, and fetches its list. */
export function aptRepository(packages: readonly TinyPackage[]): string {
  const builds = packages.flatMap(
    ({ name, versions, fields = [], postinst = "exit 0", prerm = "exit 0", files = {} }) =>
      versions.map((version) => {
        const own = (text: string) => text.replaceAll("@VERSION@", version.replace(/-[^-]*$/, ""));
        const put = Object.entries(files).map(
          ([path, text]) => `put ${own(path)} '${Buffer.from(own(text)).toString("base64")}'`,
        );
        const control = [
          `Package: ${name}`,
          `Version: ${version}`,
          "Architecture: all",
          "Maintainer: Lab <lab@localhost>",
        ];
        const lines = [...control, ...fields.map(own), "Description: nothing"].map((line) => `'${line}'`).join(" ");
        const deb = `${name}_${version.replace(":", "%3a")}`;
        return [...put, `build ${deb} '${own(postinst)}' '${own(prerm)}' ${lines}`].join("\n");
      }),
  );
  return [
    "mkdir -p /srv/apt && cd /srv/apt && rm -rf t",
    'put() { mkdir -p "t${1%/*}"; echo "$2" | base64 -d >"t$1"; case $1 in */bin/*) chmod 755 "t$1" ;; esac; }',
    'maintain() { printf "#!/bin/sh\\n%s\\n" "$2" >"t/DEBIAN/$1"; chmod 755 "t/DEBIAN/$1"; }',
    'build() { mkdir -p t/DEBIAN; maintain postinst "$2"; maintain prerm "$3"; deb=$1; shift 3',
    'printf "%s\\n" "$@" >t/DEBIAN/control; dpkg-deb --root-owner-group -Znone --build t "$deb.deb" >/dev/null; rm -rf t',
    'printf "%s\\n" "$@" "Filename: ./$deb.deb" "Size: $(stat -c %s "$deb.deb")" "SHA256: $(sha256sum <"$deb.deb" | cut -c 1-64)" "" >>Packages; }',
    ...builds,
    "mkdir -p /srv/sources; find /etc/apt/sources.list /etc/apt/sources.list.d -type f -exec mv {} /srv/sources/ \\;",
    "echo 'deb [trusted=yes] file:/srv/apt ./' >/etc/apt/sources.list",
    "echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/lab",
    "apt-get -q update",
  ].join("\n");
}
