import { script, withTimeLimit, type Command } from "../host/command.ts";

/** Makes every initramfs anew, each with its own copy of /etc/modprobe.d. Takes a minute and more for each kernel. */
export const refreshInitramfs: Command = withTimeLimit(
  script(
    "refresh-initramfs",
    "if command -v update-initramfs >/dev/null; then update-initramfs -u -k all; else dracut --force --regenerate-all; fi",
  ),
  3600,
);
