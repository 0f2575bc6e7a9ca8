// An authenticator app (RFC 6238: SHA-1, six digits, 30 seconds), from the key that a person types.

import { createHmac } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export class Secret {
  constructor(key) {
    const bits = [...key.replaceAll(' ', '')].map((c) => ALPHABET.indexOf(c).toString(2).padStart(5, '0')).join('')
    this.bytes = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  }

  /** The code at a time in seconds. */
  codeAt(seconds) {
    const counter = Buffer.alloc(8)
    counter.writeBigUInt64BE(BigInt(Math.floor(seconds / 30)))
    const mac = createHmac('sha1', this.bytes).update(counter).digest()
    const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff
    return String(number % 1_000_000).padStart(6, '0')
  }
}
