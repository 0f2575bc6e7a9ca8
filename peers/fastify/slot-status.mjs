// SlotStatus as a Node service: node slot-status.mjs each|grouped|pool FLEET FILE-OR-URL
//
// The same work as OpenDRS's hot call, with less checking: the token is looked up in memory, the body is parsed, the
// reading is stored durably, and the answer comes after the commit. Prints its address; runs until it is told to end.

import Fastify from 'fastify'
import { devices } from './devices.mjs'
import * as stores from './stores.mjs'

const [way, fleet, place] = process.argv.slice(2)
const known = devices(fleet)
const put = await stores[way](place)

const app = Fastify()
const refused = (reply, status, message) => reply.code(status).send({ message })
app.post('/slotStatus/:slot', async (request, reply) => {
  const device = known.get((request.headers.authorization ?? '').replace(/^Bearer /, ''))
  if (!device) return refused(reply, 400, 'InvalidTokenException')
  const { slot } = request.params
  if (!device.slots.has(slot)) return refused(reply, 400, 'unknown slot')
  const { remainingQuantityInUnit: remaining, originalQuantityInUnit: original, ...more } = request.body ?? {}
  if (!Number.isFinite(remaining) || !Number.isFinite(original)) return refused(reply, 400, 'a quantity is missing')
  const { totalQuantityOnHand: hand, expectedReplenishmentDate: expected, lastUseDate: last } = more
  await put([device.id, slot, Date.now(), remaining, original, hand ?? null, expected ?? null, last ?? null])
  return {}
})
console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
process.once('SIGTERM', () => process.exit(0))
