import { z } from "zod";
import { Driver, DriverSpec, type FileSpec } from "../providers/index.ts";
import { Area, type Whole } from "./area.ts";

export const GpuConfig = z.strictObject({
  /** NVIDIA's driver on the host (nvidia:Driver). Default: left alone. */
  driver: DriverSpec.optional(),
});
type GpuConfig = z.infer<typeof GpuConfig>;

/** Gpu: the driver of the GPUs that the host and its containers use. */
export class Gpu extends Area {
  readonly driver: Driver | undefined;

  /** @param files those that the host is declared to have: apt's sources among them come first */
  constructor({ driver }: GpuConfig, files: readonly z.infer<typeof FileSpec>[], whole: Whole) {
    super("Gpu", whole);
    if (driver === undefined) return;
    const sources = files.flatMap(({ path }) => (path.startsWith("/etc/apt/") ? [`path ${path}` as const] : []));
    const { path } = driver.runfile ?? {};
    this.driver = this.add(Driver, "nvidia", driver, {
      provides: ["driver nvidia"],
      needs: [...sources, ...(path === undefined ? [] : [`path ${path}` as const])],
    });
  }
}
