import type { z } from "zod";
import { Template, TemplateSpec } from "../providers/index.ts";
import { Area, type Thing, type Whole } from "./area.ts";
import { named } from "./named.ts";

/** Archives that containers are made of (lxc:Template), by what a container's `ostemplate` calls them. */
export const TemplatesConfig = named(TemplateSpec, "ostemplate");
type TemplatesConfig = z.infer<typeof TemplatesConfig>;

/** Templates: each after the storage or the folder that it is in. */
export class Templates extends Area {
  constructor(templates: TemplatesConfig, whole: Whole) {
    super("Templates", whole);
    for (const spec of templates)
      this.add(Template, spec.ostemplate, spec, {
        provides: [`template ${spec.ostemplate}`],
        needs: [archive(spec.ostemplate), ...(spec.build === undefined ? [] : (["package mmdebstrap"] as const))],
      });
  }
}

/** Where an archive lies: a path, or a volume of a storage. */
export function archive(ostemplate: string): Thing {
  return ostemplate.startsWith("/") ? `path ${ostemplate}` : `storage ${ostemplate.replace(/:.*/, "")}`;
}
