/**
 * The NT hash of a password, as Samba stores it: MD4 of its UTF-16 (MS-NLMP 3.3.1, NTOWFv1). OpenSSL 3, and with it
 * Node, has no MD4 any more.
 */
export function ntHash(password: string): Buffer {
  return md4(Buffer.from(password, "utf16le"));
}

const START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;

/** Of each round: its function, its constant, the order of the words, the rotations (RFC 1320, section 3.4). */
const ROUNDS = [
  {
    mix: (x: number, y: number, z: number) => (x & y) | (~x & z),
    plus: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    turns: [3, 7, 11, 19],
  },
  {
    mix: (x: number, y: number, z: number) => (x & y) | (x & z) | (y & z),
    plus: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    turns: [3, 5, 9, 13],
  },
  {
    mix: (x: number, y: number, z: number) => x ^ y ^ z,
    plus: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    turns: [3, 9, 11, 15],
  },
] as const;

/** RFC 1320. */
export function md4(message: Buffer): Buffer {
  const padded = Buffer.alloc((((message.length + 8) >> 6) + 1) << 6);
  message.copy(padded);
  padded[message.length] = 0x80;
  padded.writeBigUInt64LE(BigInt(message.length) * 8n, padded.length - 8);
  let state: readonly number[] = START;
  for (let at = 0; at < padded.length; at += 64) {
    const mixed = block(state, padded.subarray(at, at + 64));
    state = state.map((word, i) => (word + (mixed[i] ?? 0)) >>> 0);
  }
  const digest = Buffer.alloc(16);
  state.forEach((word, i) => digest.writeUInt32LE(word, 4 * i));
  return digest;
}

function block(start: readonly number[], words: Buffer): readonly number[] {
  let [a = 0, b = 0, c = 0, d = 0] = start;
  for (const { mix, plus, order, turns } of ROUNDS)
    for (const [step, word] of order.entries()) {
      const sum = (a + mix(b, c, d) + words.readUInt32LE(4 * word) + plus) >>> 0;
      const turn = turns[step % 4] ?? 0;
      [a, b, c, d] = [d, ((sum << turn) | (sum >>> (32 - turn))) >>> 0, b, c];
    }
  return [a, b, c, d];
}
