// The entry of the Pulumi program: plain JavaScript, so that an old Node or SDK gets a sentence, not a syntax error.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`phoenix-hypervisor needs Node 22.18 or newer; this is ${process.version} (${process.execPath}).`);
  process.exit(1);
}
const { pools, gpu } = await import("./index.ts");
/** The stack's outputs. Pulumi would warn of one that is undefined. */
export default gpu === undefined ? { pools } : { pools, gpu };
