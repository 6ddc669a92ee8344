import assert from "node:assert/strict";
import { driver } from "../providers/kinds/nvidia/driver.ts";
import type { Facts } from "../providers/kinds/nvidia/facts.ts";
import { useLab } from "./support/lab.ts";
import {
  BROKEN,
  driverPackages,
  fewModules,
  gpu,
  NEW,
  noDriver,
  oddContainer,
  OLD,
  quickInitramfs,
  runContainer,
  runfileOf,
} from "./support/nvidia.ts";
import { nvidia } from "./support/system.ts";

describe("on the lab host, NVIDIA's driver", function () {
  this.timeout(1_800_000);
  const host = useLab("nvidia");

  const version = (is: string) => ({ version: is });
  const outputs = (facts: unknown) => driver.outputs?.(facts as Facts, "driver") ?? {};

  /** What has another user space is told by a preview, and gets the host's with one command. */
  const matched = async (want: object) => {
    const match = { ...want, inContainers: "match" };
    host().changes();
    const came = await nvidia(host()).apply(match, match);
    assert.deepEqual(host().changes(), ["nvidia-containers"]);
    await nvidia(host()).apply(match, match);
    assert.deepEqual(host().changes(), []);
    return came;
  };

  // The real ones, and the module that DKMS has built of them with the lab's image.
  describe("that Debian's own packages have brought", () => {
    const theirs = version("550.163.01");

    it("is adopted without a command, and stays in the end", async () => {
      const { facts } = await nvidia(host()).apply(theirs);
      assert.partialDeepStrictEqual(outputs(facts), { installedVersion: theirs.version, gpus: [] });
      await nvidia(host()).end(theirs);
      assert.deepEqual(host().changes(), []);
    });

    it("is installed again for a kernel that it was taken from", async () => {
      await host().sh(
        [quickInitramfs, fewModules, `dkms uninstall nvidia-current/${theirs.version} -k "$(uname -r)"`].join("\n"),
      );
      const module = "modinfo -F version nvidia-current || echo absent";
      assert.equal(await host().sh(module), "absent\n");
      host().changes();
      await nvidia(host()).apply(theirs, theirs);
      assert.ok(
        host()
          .changes()
          .some((label) => label.startsWith("nvidia-build ")),
      );
      assert.equal(await host().sh(module), `${theirs.version}\n`);
    });
  });

  describe("from Debian's packages", () => {
    before(async () => {
      await host().sh([quickInitramfs, fewModules, noDriver, driverPackages].join("\n"));
    });

    it("is built and kept for the next boot without a GPU, and not loaded", async () => {
      const { facts } = await nvidia(host()).apply(version(OLD));
      assert.partialDeepStrictEqual(outputs(facts), { installedVersion: OLD, gpus: [], rebootRequired: false });
      assert.equal(
        await host().sh(
          "[ ! -e /sys/module/nvidia ]; modinfo -F version nvidia-current; systemctl is-active phoenix-nvidia || :",
        ),
        `${OLD}\ninactive\n`,
      );
      host().changes();
      await nvidia(host()).apply(version(OLD));
      assert.deepEqual(host().changes(), []);
    });

    it("gives a container, which has another of its packages, its user space", async () => {
      await host().sh(oddContainer("102"));
      const { facts } = await matched(version(OLD));
      assert.partialDeepStrictEqual(outputs(facts), { containers: { 102: OLD } });
      assert.match(
        await host().sh(
          "lxc-attach -n 102 -- dpkg-query -W libnvidia-ml1 nvidia-smi; lxc-stop -k -n 102; umount /srv/copy",
        ),
        new RegExp(`^libnvidia-ml1\t${OLD}-1\nnvidia-smi\t${OLD}-1\n$`),
      );
    });

    it("is loaded when there is a GPU, with its device nodes", async () => {
      await host().sh(gpu);
      const { facts } = await nvidia(host()).apply(version(OLD));
      assert.partialDeepStrictEqual(outputs(facts), { loadedVersion: OLD, gpus: ["0000:01:00.0 Tesla T4"] });
      assert.equal(
        await host().sh("cat /sys/module/nvidia/version; ls /dev/nvidia*"),
        `${OLD}\n/dev/nvidia-uvm\n/dev/nvidia0\n/dev/nvidiactl\n`,
      );
    });

    it("is not upgraded while a GPU is in use, and takes effect by a reboot where it is told to", async () => {
      await host().sh(
        "setsid sleep 9999 </dev/nvidia0 >/dev/null 2>&1 & until pgrep -x sleep >/dev/null; do sleep 0.2; done",
      );
      await assert.rejects(
        nvidia(host()).apply(version(NEW), version(OLD)),
        /GPUs are in use by \d+ \(sleep\): end these/,
      );
      const told = { ...version(NEW), whenInUse: "upgrade" };
      const waits = await nvidia(host()).apply(told, version(OLD));
      assert.partialDeepStrictEqual(outputs(waits.facts), {
        installedVersion: NEW,
        loadedVersion: OLD,
        rebootRequired: true,
      });
      host().changes();
      await nvidia(host()).apply(told, told);
      assert.deepEqual(host().changes(), [], "what waits for a reboot is no drift");
      const { facts } = await nvidia(host()).apply({ ...told, reboot: "whenNeeded" }, told);
      assert.deepEqual(host().changes(), ["reboot"]);
      assert.partialDeepStrictEqual(outputs(facts), { loadedVersion: NEW, rebootRequired: false });
    });

    it("shows the end of the log when it does not build", async () => {
      await assert.rejects(
        nvidia(host()).apply(version(BROKEN), version(NEW)),
        /the end of \/var\/lib\/dkms\/nvidia-current\/560[^]*make\.log:[^]*this is no C/,
      );
    });
  });

  describe("from a run file", () => {
    const path = "/srv/NVIDIA.run";
    const of = (is: string, sha256: string) => ({ ...version(is), runfile: { path, sha256 } });
    const digest = async () => (await host().sh(`sha256sum <${path}`)).slice(0, 64);
    before(async () => {
      await host().reset();
      await host().sh(
        [quickInitramfs, fewModules, noDriver, gpu, runfileOf(OLD, path), runfileOf(NEW, "/srv/other.run")].join("\n"),
      );
    });

    it("is not run when it is another one", async () => {
      await assert.rejects(
        nvidia(host()).apply(of(OLD, "0".repeat(64))),
        /nothing of \/srv\/NVIDIA.run was run: its SHA-256 is/,
      );
      assert.equal(await host().sh("ls /srv/runs /etc/modprobe.d/zz-phoenix-nvidia.conf 2>/dev/null || :"), "");
    });

    it("is adopted, where somebody has run it by hand, without a command", async () => {
      await host().sh(
        [
          `sh ${path} --silent --dkms`,
          "echo blacklist nouveau >/etc/modprobe.d/by-hand.conf",
          "nvidia-modprobe -c 0 -u; nvidia-smi -pm 1",
        ].join("\n"),
      );
      const want = of(OLD, await digest());
      host().changes();
      await nvidia(host()).apply(want);
      await nvidia(host()).end(want);
      assert.deepEqual(host().changes(), []);
      await host().sh("rmmod nvidia; nvidia-uninstall; rm /etc/modprobe.d/by-hand.conf /srv/runs /dev/nvidia*");
    });

    it("is installed silently with DKMS, in a container for its user space, and taken off again at the end", async () => {
      const want = of(OLD, await digest());
      const { facts } = await nvidia(host()).apply(want);
      assert.partialDeepStrictEqual(outputs(facts), { installedVersion: OLD, loadedVersion: OLD });
      assert.match(
        await host().sh("cat /srv/runs"),
        /^--silent --tmpdir=\S+ -m=kernel --dkms --no-x-check --no-nouveau-check\n$/,
      );
      host().changes();
      await nvidia(host()).apply(want);
      assert.deepEqual(host().changes(), []);
      const root = "/srv/tiny";
      await host().sh(
        [
          `mkdir ${root}; tar -xf /var/lib/vz/template/cache/busybox-lab_1_amd64.tar.zst -C ${root}; mkdir -p ${root}/var/tmp`,
          runContainer("101", root),
          "lxc-attach -n 101 -- sh -s -- --no-kernel-modules </srv/other.run",
        ].join("\n"),
      );
      const both = await matched(want);
      assert.partialDeepStrictEqual(outputs(both.facts), { installedVersion: OLD, containers: { 101: OLD } });
      assert.match(
        await host().sh(`cat ${root}/srv/runs; ls ${root}/var/tmp; lxc-stop -k -n 101`),
        /^--no-kernel-modules\n--silent --tmpdir=\S+ --no-kernel-modules --no-x-check --no-nouveau-check\n$/,
      );
      await nvidia(host()).end(want);
      assert.equal(
        await host().sh(
          "ls -d /sys/module/nvidia /var/lib/nvidia /var/lib/dkms/nvidia /etc/systemd/system/phoenix* 2>/dev/null || :",
        ),
        "",
      );
    });
  });
});
