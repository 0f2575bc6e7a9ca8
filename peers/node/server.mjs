// Our server as the peers meet it: the real program, on a port of its own, with a data folder that goes when it ends.
//
// Beside it: the world of seed.toml, and the two version headers that every call of the device API carries.

import { execFile, spawn } from 'node:child_process'
import { webcrypto } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

// Node 18, which Debian 12 has, does not offer it by itself; the peers look for it here.
globalThis.crypto ??= webcrypto

/** The ids of seed.toml. */
export const WEB = {
  id: 'amzn1.application-oa2-client.0f3c9a7be2d14c55a1b68e90d2f4c7aa',
  secret: '5d1f0c8b9e7a6d4c3b2a19087f6e5d4c3b2a19087f6e5d4c3b2a19087f6e5daa',
  redirect: 'https://maker.example/drs/done',
}
export const STRICT = {
  id: 'amzn1.application-oa2-client.3f3c9a7be2d14c55a1b68e90d2f4c7dd',
  secret: '6d1f0c8b9e7a6d4c3b2a19087f6e5d4c3b2a19087f6e5d4c3b2a19087f6e5ddd',
  redirect: 'https://maker.example/strict/done',
}
export const ANDROID = {
  id: 'amzn1.application-oa2-client.1f3c9a7be2d14c55a1b68e90d2f4c7bb',
  redirect: 'amzn://com.example.app',
}
export const DEVICE = {
  id: 'amzn1.application-oa2-client.2f3c9a7be2d14c55a1b68e90d2f4c7cc',
  redirect: 'http://127.0.0.1:8200/linked',
}
export const MODEL = 'Peer-Pitcher_1'
export const PROTOTYPE = 'Peer-Prototype+2'
export const COMPOSITE = 'amzn1.dash.v1.composite.5f0c2a44-0000-4000-8000-0000000000b1'
export const FILTER = '7c0a3f5e-0000-4000-8000-0000000000b1'
export const CARTRIDGE = '7c0a3f5e-0000-4000-8000-0000000000b2'
export const CUSTOMER = { email: 'customer@example.com', password: 'correct horse & battery' }

export const SEED = process.env.OPENDRS_TEST_SEED ?? fileURLToPath(new URL('../seed.toml', import.meta.url))

export const PROFILE = 'amzn1.application.7d20b6a1c3e94f0d8a5512ce09b7f466'

function program() {
  const program = process.env.OPENDRS_BIN
  if (!program) throw new Error('OPENDRS_BIN is not set: run `cargo xtask test --only peers`')
  return program
}

/** Runs a command on the store of a server; the JSON object that it prints. */
export async function opendrs(data, ...words) {
  const { stdout } = await promisify(execFile)(program(), [...words, '--data', data])
  return stdout && JSON.parse(stdout)
}

/**
 * Starts a server; `stop` ends it and removes what it stored. `more` are further words, `env` is more of the
 * environment; `data` is the folder of a server that was killed, to go on with; `seed` is the text of another seed.
 */
export async function start({ more = [], env = {}, data = mkdtempSync(join(tmpdir(), 'opendrs-peers-')), seed } = {}) {
  const own = join(data, 'seed.toml')
  if (seed) {
    writeFileSync(own, seed)
    cpSync(join(dirname(SEED), 'pictures'), join(data, 'pictures'), { recursive: true })
  }
  const words = ['serve', '--seed', seed ? own : SEED, '--listen', '127.0.0.1:0', '--data', data, '--test-clock', ...more]
  const child = spawn(program(), words, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } })
  const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve))
  const remove = () => rmSync(data, { recursive: true, force: true, maxRetries: 3 })
  // However this script ends, short of kill -9.
  process.once('exit', () => {
    child.kill('SIGKILL')
    remove()
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

  const said = []
  const base = await new Promise((resolve, reject) => {
    createInterface(child.stderr).on('line', (line) => {
      said.push(line)
      const address = line.match(/listens on (https?:\S+)/)
      if (address) resolve(address[1])
    })
    ended.then(() => reject(new Error(`the server did not start:\n${said.join('\n')}`)))
  })
  const stop = async () => {
    child.kill('SIGTERM')
    const code = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 25_000).unref())])
    remove()
    if (code !== 0) throw new Error(`the server ended with ${code}:\n${said.join('\n')}`)
  }
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  return { base, data, stop, kill }
}

/** The version headers of a call. */
export const versions = (type, result = '1.0') => ({
  'x-amzn-type-version': `com.amazon.dash.replenishment.${type}Input@1.0`,
  'x-amzn-accept-type': `com.amazon.dash.replenishment.${type}Result@${result}`,
})

/** A serial that no other device of this run has. */
let serials = 0
export const serial = () => `PEER-${String(++serials).padStart(5, '0')}`

/** `scope_data` for a unit. */
export const scopeData = (unit, model = MODEL, more = {}) =>
  JSON.stringify({ 'dash:replenish': { device_model: model, serial: unit, ...more } })
