/** What the areas of a host have in common: resources find what they need by what it is, in whatever order. */
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../providers/index.ts";

/** A thing on the host that one resource brings about and others need: `path /tank/media`, `user alice`. */
export type Thing =
  `${"dataset" | "path" | "export" | "user" | "group" | "package" | "service" | "driver" | "storage" | "container" | "snapshot" | "template" | "realm-group" | "role"} ${string}`;

export interface Links {
  /** What is there once the resource is. */
  readonly provides?: readonly Thing[];
  /**
   * What must be there before the resource is made, and stay until it is gone. For `path /tank/media/films` that is
   * whatever provides it, or else `path /tank/media`, and so on. What no resource provides is the host's own business.
   */
  readonly needs?: readonly Thing[];
}

interface Part extends Links {
  readonly resource: pulumi.Resource;
  readonly name: string;
}

/** All resources of a host, and what they are to each other. */
export interface Whole {
  /** For resources that hold data: whether Pulumi refuses to delete them. */
  readonly protect: boolean;
  /** Notes a resource down. */
  note(part: Part): void;
  /** The resources that provide what is needed; known once all are noted down. */
  providers(links: Links): Promise<pulumi.Resource[]>;
  /**
   * To be called when all areas are declared. Refuses resources that wait for each other, before any is begun with;
   * `first` makes what comes before every resource, where there are some.
   */
  complete(first: () => pulumi.Resource): void;
}

export function newWhole({ protect }: { protect: boolean }): Whole {
  const parts: Part[] = [];
  const first: pulumi.Resource[] = [];
  const { promise: completed, resolve } = Promise.withResolvers<undefined>();
  return {
    protect,
    note: (part) => parts.push(part),
    async providers(links) {
      await completed;
      return [...first, ...neededBy(parts, links).map(({ resource }) => resource)];
    },
    complete(make) {
      refuseCircles(parts);
      if (parts.length > 0) first.push(make());
      resolve(undefined);
    },
  };
}

/** An area of the host: a component whose resources are linked with those of all areas. */
export abstract class Area extends pulumi.ComponentResource {
  readonly #whole: Whole;
  /** Option of every resource that holds data. */
  protected readonly guard: { readonly protect: boolean };

  /** @param name the area's name, `Storage` */
  protected constructor(name: string, whole: Whole) {
    super(`phoenix:host:${name}`, name.toLowerCase(), {});
    this.#whole = whole;
    this.guard = { protect: whole.protect };
    this.registerOutputs({});
  }

  /** Declares a resource of the area; what it needs comes first. */
  protected add<Args, Made extends pulumi.Resource>(
    Kind: new (name: string, args: Args, opts: pulumi.CustomResourceOptions) => Made,
    name: string,
    args: Args,
    { provides = [], needs = [], ...opts }: Links & pulumi.CustomResourceOptions = {},
  ): Made {
    const dependsOn = this.#whole.providers({ provides, needs });
    const resource = new Kind(name, args, { parent: this, dependsOn, ...opts });
    this.#whole.note({ resource, name: `${Kind.name} ${name}`, provides, needs });
    return resource;
  }
}

/** The parts that provide what is needed: each thing itself, or else the nearest one above it. */
function neededBy(parts: readonly Part[], { provides = [], needs = [] }: Links): readonly Part[] {
  const own = new Set(provides);
  return [...new Set(needs.flatMap((thing) => (own.has(thing) ? [] : nearest(parts, thing))))];
}

function nearest(parts: readonly Part[], thing: string): readonly Part[] {
  const found = parts.filter(({ provides = [] }) => provides.some((one) => one === thing));
  const slash = thing.lastIndexOf("/");
  return found.length > 0 || slash < 0 ? found : nearest(parts, thing.slice(0, slash));
}

/** Pulumi would wait for ever, without a word. */
function refuseCircles(parts: readonly Part[]): void {
  const done = new Set<Part>();
  const visit = (part: Part, path: readonly Part[]) => {
    if (path.includes(part)) {
      const circle = [...path.slice(path.indexOf(part)), part].map(({ name }) => name);
      throw new UserError(`these wait for each other: ${circle.join(" needs ")}; one of them must not name the next`);
    }
    if (done.has(part)) return;
    for (const next of neededBy(parts, part)) visit(next, [...path, part]);
    done.add(part);
  };
  for (const part of parts) visit(part, []);
}
