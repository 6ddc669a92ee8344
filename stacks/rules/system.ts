/** Services, modules and the driver. */
import type { StackConfig } from "../config.ts";
import { type Breach, type Rule, twins } from "./breach.ts";

export const SYSTEM: readonly Rule[] = [oneOfTwoNames, driverOfTwoMinds];

/** What can be written in two ways is one object nevertheless: `vfio-pci` and `vfio_pci`. */
function oneOfTwoNames({ system: { services, modules, sysctl } }: StackConfig): Breach[] {
  const names = {
    services: services.map(({ name }) => name),
    modules: modules.map(({ name }) => name),
    sysctl: sysctl.map(({ key }) => key),
  };
  return Object.entries(names).flatMap(([member, all]) =>
    twins(all, (name) => name).map(([name]) => ({
      path: ["system", member, name],
      message: "must be declared once: another entry is the same by another name",
    })),
  );
}

/** Modules that the driver's own declaration is about. */
function driverOfTwoMinds({ gpu: { driver }, system: { modules } }: StackConfig): Breach[] {
  if (driver === undefined) return [];
  return modules.flatMap(({ name, loaded, blacklist }): Breach[] => {
    const path = ["system", "modules", name];
    const nouveau = name === "nouveau" && driver.blacklistNouveau && (blacklist === false || loaded === true);
    const nvidia = /^nvidia(_|$)/.test(name) && (blacklist === true || loaded === false);
    return [
      ...(nouveau ? [{ path, message: "must not be wanted: gpu.driver has blacklistNouveau" }] : []),
      ...(nvidia ? [{ path, message: "must not be kept out: gpu.driver is declared" }] : []),
    ];
  });
}
