// Receivers in Node, over https in both directions: our server speaks TLS with an authority of its own, which Node is told
// to trust as it is told everywhere (NODE_EXTRA_CA_CERTS); the receivers' certificate is of another, which the server is
// told to trust (outbound.ca_file). What the receivers check: receivers.mjs, a process of its own, since Node reads that
// variable when it starts.

import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createCA, createCert } from 'mkcert'
import { check, tally } from './checks.mjs'
import { start } from './server.mjs'

/** A name of the form that validators insist on, in a region that Amazon has not. */
const AMAZON_LIKE = 'sns.drs-local-1.amazonaws.com'

/** Runs the receivers against a server, adds what they counted. */
async function receivers(how, { base, data }, certificate) {
  const words = [how, base, data, JSON.stringify(certificate)]
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(data, 'local-ca.pem') }
  const child = fork(fileURLToPath(new URL('receivers.mjs', import.meta.url)), words, { env })
  child.once('message', (theirs) => {
    tally.passed += theirs.passed
    tally.failed += theirs.failed
  })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  if (code !== 0) throw new Error(`the receivers ended with ${code}`)
}

export default async function notifications() {
  const folder = mkdtempSync(join(tmpdir(), 'opendrs-receivers-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const about = { organization: 'Maker', countryCode: 'US', state: 'NY', locality: 'New York', validity: 30 }
  const ca = await createCA(about)
  const certificate = await createCert({ ca, domains: ['127.0.0.1'], validity: 30 })
  writeFileSync(join(folder, 'ca.pem'), ca.cert)
  const trusting = { OPENDRS_OUTBOUND_CA_FILE: join(folder, 'ca.pem') }
  for (const [how, settings] of [
    ['own-name', trusting],
    ['amazon-like', { ...trusting, OPENDRS_NOTIFICATIONS_PUBLIC_URL: `https://${AMAZON_LIKE}` }],
  ]) {
    await check(`notifications, ${how}: the server starts, its receivers go on to their end, it ends well`, async () => {
      const server = await start({ more: ['--tls', 'self-signed'], env: settings })
      try {
        await receivers(how, server, certificate)
      } finally {
        await server.stop()
      }
    })
  }
}
