/** Public keys that ssh-keygen (OpenSSH 9.2p1) made for the tests, and the fingerprints that `ssh-keygen -l` shows. */
export const alice = {
  type: "ssh-ed25519",
  line: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILZv0x2mIFQocc1FWycFKMP12SV5dehZ70fHc9uk93BA",
  fingerprint: "SHA256:Zxo7OLE0MzUKnqYgc+uKLTN2rvPBnFTs8TfQ9yBKO6I",
} as const;

export const bob = {
  type: "ssh-ed25519",
  line: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM14Zu0ObBoLMCma5IPz5FCMjkUgFiYmpXBowJ3BU3XU",
  fingerprint: "SHA256:52iR3QdnnkFsdQY4dKeMxjwGsZVqi8Xzvcq7adZzDRo",
} as const;

export const carol = {
  type: "ecdsa-sha2-nistp256",
  line: "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBG9nB1UqrTL1/XjAHHqxh11sdqd7dGkrl1rX/tMrVQ0hzy5A3hRHp1zZhdbZHt2cSeDuXTVatZsovR7MJUOZOXg=",
} as const;

export const dave = {
  type: "ssh-rsa",
  line: "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDKsuIK2lSOcrkGU38A1igHYpD9CPJgqG+I/IooEX+muKwx6Xcd3LHXnDphqTPmjIhJXblMLN0q/eVuOmiI8E14/HQes+K4DMUWqUpSvmad8zwRIUeLF3nBGA0GvCbZp19ckNFy7Y/IflWZh5sgxtBBQLYpIBEpKfNbUpqpfAo2T03SORgZE743rGxuri5UdR0JkIR3pFE2QyOWPmQoMyN5TfrR5L8E4TmSsNjAytGPcq3c5Gz0ps1OZM6mvKEaoAbvejOoLWudgkzF/NgvRAbqm5rb2tEpyJKJif2QAjBOZAlh1DHk2ji0JYXSTdmTwQ6YB9rMoAHUjXlIR1fdrs/N",
} as const;

/** The binary form of a public key line. */
export function blob(key: { readonly line: string }): Buffer {
  return Buffer.from(key.line.split(" ")[1] ?? "", "base64");
}
