import type { Command } from "../../host/command.ts";
import { defineKind, nothing, type Change } from "../../kind.ts";
import { STAYS } from "../system/ours.ts";
import { build, type BuildSpec } from "./template.build.ts";
import { download, remove, upload } from "./template.commands.ts";
import { parse, query, type Archive, type Facts } from "./template.facts.ts";
import { TemplateSpec } from "./template.spec.ts";

export { TemplateSpec };

/** A spec, and what is known of who put the file there. */
interface State extends TemplateSpec {
  /** We did not. */
  readonly foreign?: boolean;
  /** We did, and somebody has deleted it: that we did is still written down. */
  readonly gone?: boolean;
}

/** An archive that containers are made of. One that was there before us, and is as declared, is adopted, and stays. */
export const template = defineKind<State, Facts>({
  type: "lxc:Template",
  holdsData: false,
  outputNames: ["path", "checksum"],
  spec: TemplateSpec,
  id: ({ ostemplate }) => ostemplate,
  unfit: ({ ostemplate }, platform) =>
    platform === "proxmox" || ostemplate.startsWith("/")
      ? []
      : [`ostemplate: ${ostemplate} is a matter of Proxmox VE; declare the archive's path on the host`],
  byName: true,
  query,
  parse,

  outputs({ archives }, id) {
    const { path, sha256: checksum } = archives.get(id) ?? {};
    return { ...(path === undefined ? {} : { path }), ...(checksum === undefined ? {} : { checksum }) };
  },

  view({ archives }, spec, { was }) {
    const archive = archives.get(spec.ostemplate);
    if (archive?.type === undefined)
      return was !== undefined && archive?.put !== undefined ? { ...spec, gone: true } : undefined;
    const { sha256, put, built } = archive;
    const asBuilt = spec.build !== undefined && sha256 !== undefined && sha256 === put;
    return {
      ...ownOf(spec),
      ...(asBuilt ? {} : { sha256: sha256 ?? `a ${archive.type}` }),
      ...(spec.build === undefined || built === undefined ? {} : { build: built }),
      ...(put === undefined ? { foreign: true } : {}),
    };
  },

  plan(live, want, _context, facts) {
    const changes = differences(live, want);
    const todo = changes.filter(({ prop }) => !isOwn(prop));
    const refusals =
      todo.some(({ prop }) => prop === "sha256") && live?.foreign === true ? refusedForeign(live, want) : [];
    const archive = facts?.archives.get(want.ostemplate);
    if (facts === undefined || todo.length === 0) return { ...nothing, changes, refusals };
    const from = bring(want, archive?.path ?? "");
    return {
      changes,
      refusals: [
        ...refusals,
        ...refusedPlace(facts, want, archive),
        ...(want.build !== undefined && !facts.builder ? [NO_BUILDER] : []),
        ...(from === undefined
          ? ["it is not there as declared; to have it brought, declare url, source or build"]
          : []),
      ],
      commands: from === undefined ? [] : [from],
    };
  },

  destroy({ ostemplate }, _context, { archives }) {
    const { path, put, sha256, type } = archives.get(ostemplate) ?? {};
    if (path === undefined || put === undefined) return { ...nothing, says: STAYS };
    const stays = type !== undefined && sha256 !== put;
    return {
      changes: [{ prop: "ostemplate", from: ostemplate, to: undefined }],
      refusals: [],
      commands: [remove(path, stays)],
      ...(stays ? { says: `${path} is no longer what was put there, so it stays` } : {}),
    };
  },
});

const NO_BUILDER =
  "the host has no mmdebstrap, which builds it: declare the package mmdebstrap, or install it: apt-get install mmdebstrap";

/** What says how it is brought, and nothing of what is there. */
const OWN = ["url", "source", "overwrite"] as const;

/** What is declared of the archive, but for what is in it. */
function ownOf({ ostemplate, url, source, overwrite }: TemplateSpec): State {
  return {
    ...{ ostemplate, overwrite },
    ...(url === undefined ? {} : { url }),
    ...(source === undefined ? {} : { source }),
  };
}

function isOwn(prop: string): boolean {
  return OWN.some((one) => one === prop);
}

function differences(live: State | undefined, want: State): Change[] {
  if (live === undefined || live.gone === true) return [{ prop: "ostemplate", from: undefined, to: want.ostemplate }];
  const anew = want.build === undefined ? {} : { note: "it is not what was built, and is built anew" };
  const plain = (["sha256", ...OWN] as const).flatMap((prop): Change[] => {
    const [from, to] = [live[prop], want[prop]];
    return from === to ? [] : [{ prop, from, to, ...(prop === "sha256" ? anew : {}) }];
  });
  return want.build === undefined ? plain : [...plain, ...rebuilt(live.build, want.build)];
}

function rebuilt(live: BuildSpec | undefined, want: BuildSpec): Change[] {
  if (live === undefined) return [{ prop: "build", from: undefined, to: want }];
  return (["suite", "variant", "include", "components", "mirrors"] as const).flatMap((key): Change[] => {
    const [from, to] = [live[key], want[key]];
    const note = "it is built anew; containers that were made of it stay as they are";
    return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ prop: `build.${key}`, from, to, note }];
  });
}

function bring({ ostemplate, sha256 = "", url, source, build: recipe }: State, path: string): Command | undefined {
  const place = { path, sha256, parents: !ostemplate.startsWith("/") };
  if (recipe !== undefined) return build(place, recipe);
  if (url !== undefined) return download(place, url);
  return source === undefined ? undefined : upload(place, source);
}

function refusedForeign({ sha256 = "" }: State, want: State): string[] {
  if (want.overwrite) return [];
  return [
    `there is a file of that name that was not put there by us, with the SHA-256 ${sha256}: ` +
      "declare overwrite: true to have it replaced, or another name",
  ];
}

const NETWORK = new Set(["nfs", "cifs", "cephfs"]);

/** What of the host stands in the way. */
function refusedPlace({ storages }: Facts, { ostemplate }: State, archive: Archive | undefined): string[] {
  if (archive?.type !== undefined && archive.type !== "regular file")
    return [`${archive.path ?? ostemplate} is a ${archive.type}, no file: move it away`];
  if (ostemplate.startsWith("/")) return [];
  const id = ostemplate.replace(/:.*/, "");
  const storage = storages.get(id);
  if (storage === undefined) return [`the host has no storage ${id}`];
  if (archive?.path === undefined) return [`the storage ${id} is of type ${storage.type}, which has no templates`];
  const content = (storage.options.get("content") ?? "").split(/[,;\s]+/);
  if (!content.includes("vztmpl"))
    return [
      `the storage ${id} is not for templates: add vztmpl to its content (it has ${content.join(", ") || "none"})`,
    ];
  const mount = NETWORK.has(storage.type) || /^(1|on|yes|true)$/i.test(storage.options.get("is_mountpoint") ?? "");
  return mount && !archive.mounted ? [`nothing is mounted at ${archive.base}, where the storage ${id} is`] : [];
}
