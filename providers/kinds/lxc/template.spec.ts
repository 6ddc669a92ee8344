import { z } from "zod";
import { absolutePath } from "../system/path.ts";
import { flag } from "./container.parts.ts";
import { BuildSpec } from "./template.build.ts";

/** What Proxmox VE lists as a template of containers. */
const VOLUME = /^[a-z][a-z0-9_.-]*:vztmpl\/[^/\s\\|]+\.tar\.(gz|xz|zst|bz2)$/i;
const ARCHIVE = /^[^\s\\|]+\.(tar|tgz|tar\.(gz|xz|zst|bz2))$/;

export const TemplateSpec = z
  .strictObject({
    /**
     * What it is, in the words of a container's `ostemplate`: a volume, such as `local:vztmpl/debian.tar.zst`, on Proxmox
     * VE, or an absolute path on the host. A missing folder is made; of a path, its parent is not.
     */
    ostemplate: z.string().check(({ value, issues }) => {
      const wrong = value.startsWith("/") ? !ARCHIVE.test(value) : !VOLUME.test(value);
      const message = "must be an archive (.tar.zst, .tar.gz …): a volume as local:vztmpl/NAME, or an absolute path";
      if (wrong) issues.push({ code: "custom", message, input: value });
      else if (value.startsWith("/"))
        for (const { message: bad } of absolutePath.safeParse(value).error?.issues ?? [])
          issues.push({ code: "custom", message: bad, input: value });
    }),
    /**
     * SHA-256 of the archive, in hex. What is there with another one is not the template. Must be declared, unless `build`
     * is: then it is that of what was built, an output (`checksum`).
     */
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, "must be 64 hex digits")
      .transform((text) => text.toLowerCase())
      .optional(),
    /** Where the host downloads it from: http or https. Default: see `source` and `build`. */
    url: z
      .string()
      .regex(/^https?:\/\/(?![^/]*@)[!-~]+$/, "must be a URL of http or https, without a user and a password")
      .optional(),
    /**
     * The file on this machine that it is a copy of, in place of `url`; a relative path starts at the project's folder.
     * Default: it is there already, or comes from elsewhere.
     */
    source: z.string().min(1).optional(),
    /**
     * How the host builds it with mmdebstrap(1), in place of `sha256` and where it comes from. It is built once, and anew
     * where it is declared otherwise, or is no longer what was built. Default: it is not built.
     */
    build: BuildSpec.optional(),
    /** Consent to replace a file that is there by that name, has another SHA-256, and is not ours. Default: false. */
    overwrite: flag.default(false),
  })
  .check(({ value, issues }) => {
    const { sha256, url, source, build } = value;
    const wrong = (path: keyof typeof value, message: string) =>
      issues.push({ code: "custom", message, path: [path], input: value[path] });
    if (url !== undefined && source !== undefined) wrong("source", "must not be declared beside url");
    if (build === undefined && sha256 === undefined) wrong("sha256", "must be declared, unless build is");
    for (const other of ["sha256", "url", "source"] as const)
      if (build !== undefined && value[other] !== undefined) wrong(other, "must not be declared beside build");
  });
export type TemplateSpec = z.infer<typeof TemplateSpec>;
