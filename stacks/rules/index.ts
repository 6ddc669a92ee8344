/** Mistakes that no entry shows by itself: those that only several together make. One function for each rule. */
import type { StackConfig } from "../config.ts";
import { ACCESS } from "./access.ts";
import { CONTAINERS } from "./containers.ts";
import { DIRECTORIES } from "./directories.ts";
import { SHARING } from "./sharing.ts";
import { STORAGE } from "./storage.ts";
import { SYSTEM } from "./system.ts";
import type { Breach } from "./breach.ts";

const RULES = [...STORAGE, ...SHARING, ...DIRECTORIES, ...ACCESS, ...SYSTEM, ...CONTAINERS];

export function breaches(config: StackConfig): Breach[] {
  return RULES.flatMap((rule) => rule(config));
}
