import assert from "node:assert/strict";
import { script, withTimeLimit } from "../providers/host/command.ts";
import { captures, RUN, type Capture } from "./support/captures.ts";
import { containerStorage } from "./support/containers.ts";
import { useLab } from "./support/lab.ts";
import { becomePve } from "./support/pve.ts";

/**
 * What stands in the way of running a capture again by itself: what it shows was made by others that are not captured,
 * its time, or what the stand-in does not do.
 */
const LEFT_OUT = new Set(["015", "032", "137", "138", "139", "140", "141", "147", "155", "209"]);

/** Those of containers that stand. */
const chosen = captures("lxc.pct").filter(({ name }) => {
  const number = name.slice(0, 3);
  return !LEFT_OUT.has(number) && ((number >= "008" && number <= "067") || (number >= "136" && number <= "208"));
});

/** What the captures 137 and 138 left behind: those are of eight at once. */
const BETWEEN =
  "pct set 102 --cores 1 --cpuunits 77 --hostname h102 --memory 70 --onboot 1 --startup order=1 --swap 8 --tags x --description 'shell 3'";

/** Archives of the lab host by the names of the captured ones. */
const SEED = `
cd /var/lib/vz/template/cache
ln -s debian-13-lab_13_amd64.tar.zst debian-13-lab_13.0-1_amd64.tar.zst
ln -s busybox-lab_1_amd64.tar.zst busybox-1.37-1_amd64.tar.zst
mkdir -p /srv/share
`;

/** Without what is drawn, or the time. */
function comparable(text: string): string {
  return text
    .replace(/hwaddr=[0-9A-Fa-f:]+/g, "hwaddr=DRAWN")
    .replace(/snaptime: \d+/g, "snaptime: TIME")
    .replace(/20\d\d-\d\d-\d\d \d\d:\d\d:\d\d/g, "TIME")
    .replace(/^lock: backup\n#/, "#")
    .trimEnd();
}

/** How much was copied is not told in the same words. */
function outOf({ command }: Capture, text: string): string {
  return /^pct (create|clone) /.test(command) ? "" : comparable(text);
}

describe("on the lab host, the stand-in for pct", function () {
  this.timeout(900_000);
  const host = useLab("lxc-stand-in");

  it("answers as the real pct does", async () => {
    await host().sh("hostname pve-lab");
    await host().sh(becomePve);
    await host().sh(containerStorage);
    await host().sh(SEED);
    assert.ok(chosen.length > 100);
    const commands = chosen.flatMap(({ name, command }) => (name.startsWith("142") ? [BETWEEN, command] : [command]));
    const { stdout } = await host().change(withTimeLimit(script("captured", RUN, commands), 800));
    const answers = stdout
      .split("== ")
      .slice(1)
      .map((answer) => answer.split("\n"));
    const own = answers.filter((_, i) => commands[i] !== BETWEEN);
    assert.equal(own.length, chosen.length);
    chosen.forEach((capture, i) => {
      const [code = "", out = "", err = ""] = own[i] ?? [];
      const text = (base64: string) => Buffer.from(base64, "base64").toString("utf8");
      assert.deepEqual(
        { failed: code !== "0", stdout: outOf(capture, text(out)), stderr: comparable(text(err)) },
        { failed: capture.failed, stdout: outOf(capture, capture.stdout), stderr: comparable(capture.stderr) },
        `${capture.name}: ${capture.command}`,
      );
    });
  });
});
