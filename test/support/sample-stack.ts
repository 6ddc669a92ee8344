/** A stack with an object of every kind of storage and sharing, for the tests that go through the real engine. */

export const SECRET = "a passphrase that nobody may see";

const disk = (n: number) => `/dev/disk/by-id/virtio-disk${String(n)}`;

export const storage = {
  arc: { max: "256M" },
  pools: {
    tank: {
      vdevs: [{ type: "mirror", disks: [disk(1), disk(2)] }],
      properties: { autotrim: "on" },
      rootProperties: { compression: "lz4" },
      allowDestroy: true,
    },
  },
  datasets: {
    "tank/media": { properties: { compression: "zstd", recordsize: "1M" }, mode: "0775", allowDestroy: true },
    "tank/private": { encryption: { secret: "key" }, allowDestroy: true },
  },
};

export const sharing = {
  exports: { "/tank/media": { clients: { "10.0.0.0/24": ["rw", "sync", "no_subtree_check"] } } },
};

/** The ids of its objects. */
export const OBJECTS = ["claim", "arc", "tank", "tank/media", "tank/private", "/tank/media"];

/** The whole configuration but for the secret. */
export function sampleStack(sshConfig: string): Record<string, unknown> {
  return {
    connection: { host: "lab", sshConfig },
    protect: "false",
    storage,
    sharing,
  };
}
