/** What one look at the host tells about some kernel modules. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { canonical, MODPROBE_CONFIG, parseModprobe, type Modprobe } from "./modprobe.ts";

export interface Facts extends Modprobe {
  /** Modules that the running kernel has a file for, or built in. */
  readonly known: ReadonlyMap<string, "file" | "builtin">;
  readonly loaded: ReadonlySet<string>;
  /** Modules that a file of modules-load.d names. */
  readonly atBoot: ReadonlySet<string>;
  /** Our drop-ins, with their text. */
  readonly files: ReadonlyMap<string, string>;
}

export function query(names: readonly string[] | undefined): Command {
  return script("kernel-modules", QUERY, names ?? []);
}

const QUERY = `${MODPROBE_CONFIG}
echo == known
for name do
  file=$(modinfo -F filename -- "$name" 2>/dev/null | head -n 1) || file=
  case $file in '') ;; *builtin*) echo "builtin $name" ;; *) echo "file $name" ;; esac
done
echo == loaded
for name do [ ! -e "/sys/module/$(printf %s "$name" | tr - _)" ] || echo "$name"; done
echo == boot
for file in /etc/modules /etc/modules-load.d/*.conf /run/modules-load.d/*.conf /usr/local/lib/modules-load.d/*.conf /usr/lib/modules-load.d/*.conf
do
  # Another may take a file away meanwhile.
  [ ! -f "$file" ] || sed -E '/^[[:space:]]*([#;]|$)/d' "$file" 2>/dev/null || [ ! -f "$file" ]
done
echo == modprobe
modprobe_config | grep -E '^(options|blacklist) ' || [ $? -eq 1 ]
echo == files
for name do for file in "/etc/modules-load.d/phoenix-$name.conf" "/etc/modprobe.d/zz-phoenix-$name.conf"
do [ ! -f "$file" ] || sed "s|^|$file:|" "$file"
done; done
`;

export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the kernel's modules: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  const files = new Map<string, string>();
  for (const line of section("files")) {
    const at = line.indexOf(":");
    const file = line.slice(0, at);
    files.set(file, `${files.get(file) ?? ""}${line.slice(at + 1)}\n`);
  }
  return {
    known: new Map(
      section("known").map((line) => {
        const [how, name = ""] = line.split(" ");
        return [canonical(name), how === "builtin" ? "builtin" : "file"];
      }),
    ),
    loaded: new Set(section("loaded").map(canonical)),
    atBoot: new Set(section("boot").map((line) => canonical(line.trim()))),
    ...parseModprobe(section("modprobe")),
    files,
  };
}
