// Clients that others wrote for npm link devices at our server and use them, and Chromium shows our pages: each peer in a
// file of its own.
//
// $OPENDRS_BIN is the program. Ends with a line `N passed, M failed`, and with 0 only when none failed.

import { check, tally } from './checks.mjs'
import federation from './federation.mjs'
import hostile from './hostile.mjs'
import leaving from './leaving.mjs'
import notifications from './notifications.mjs'
import oauth4webapi from './oauth4webapi.mjs'
import openidClient from './openid-client.mjs'
import pages from './pages.mjs'
import returning from './returning.mjs'
import { start } from './server.mjs'
import simpleOauth2 from './simple-oauth2.mjs'

const server = await start()
for (const peer of [oauth4webapi, openidClient, simpleOauth2]) {
  try {
    await peer(server.base)
  } catch (error) {
    await check(`${peer.name}: goes on to its end`, () => Promise.reject(error))
  }
}
await notifications()
await leaving()
await federation()
await pages()
await returning()
await hostile()
await check('the server ends well when it is told to', server.stop)
console.log(`${tally.passed} passed, ${tally.failed} failed`)
process.exitCode = tally.failed ? 1 : 0
