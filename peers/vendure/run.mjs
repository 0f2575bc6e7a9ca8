// A real Vendure shop takes orders of our server: shipped, delivered, cancelled from either side, out of stock, too dear,
// refused; and every answer that can be lost on the way is lost once, and a server killed, without an order twice.
//
// $OPENDRS_BIN is the program. $RECORD_TO names a file for the answers, which the ordinary tests play back. Ends with
// a line `N passed, M failed`, and with 0 only when none failed.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Browser } from './browser.mjs'
import { check, equal, tally } from './checks.mjs'
import { target } from './hint.mjs'
import { Proxy } from './proxy.mjs'
import { CARTRIDGE, FILTER, WEB, scopeData, serial, start, versions } from './server.mjs'
import { PAYMENT, open, till } from './shop.mjs'

process.env.VENDURE_DISABLE_TELEMETRY = 'true'
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const SKU = 'PEER FILTER/3'
const SCARCE = 'B00PEER003'

console.log('a Vendure shop opens')
const shop = await open([
  { sku: SKU, name: 'Water filter', price: 2499, stock: 100 },
  { sku: SCARCE, name: 'Mineral cartridge', price: 1250, stock: 0 },
])
const proxy = new Proxy()
await proxy.open(shop.url)
const folder = mkdtempSync(join(tmpdir(), 'opendrs-key-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const keyFile = join(folder, 'key')
writeFileSync(keyFile, `${shop.key}\n`, { mode: 0o600 })
const env = {
  OPENDRS_FULFILMENT_BACKEND: 'vendure',
  OPENDRS_FULFILMENT_VENDURE_URL: proxy.url,
  OPENDRS_FULFILMENT_VENDURE_KEY_FILE: keyFile,
  OPENDRS_FULFILMENT_VENDURE_POLL: '1h',
  OPENDRS_FULFILMENT_VENDURE_HINT_SECRETS: SECRET,
}
let server = await start({ env })
const point = () => Object.assign(target, { url: `${server.base}/-/fulfilment/vendure`, secret: SECRET })
point()

// ---- our side

async function post(path, body, headers = {}) {
  const reply = await fetch(`${server.base}${path}`, { method: 'POST', headers, body })
  return reply.json()
}

/** Lets time pass, with all that falls due in it. */
const advance = (by) => post('/-/clock', JSON.stringify({ advance: by }), { 'content-type': 'application/json' })

/** A new device; its access token. */
async function device() {
  const query = { client_id: WEB.id, redirect_uri: WEB.redirect, response_type: 'code', scope: 'dash:replenish' }
  const url = `${server.base}/ap/oa?${new URLSearchParams({ ...query, scope_data: scopeData(serial()), state: 's' })}`
  const code = (await new Browser().walk(url)).target.searchParams.get('code')
  const grant = { grant_type: 'authorization_code', code, redirect_uri: WEB.redirect }
  const secrets = { client_id: WEB.id, client_secret: WEB.secret }
  return (await post('/auth/o2/token', new URLSearchParams({ ...grant, ...secrets }))).access_token
}

/** A new device orders; the order's id, once all that is due at once has happened. */
async function order(slot = FILTER) {
  const headers = { authorization: `Bearer ${await device()}`, ...versions('DrsReplenish') }
  const { eventInstanceId } = await post(`/replenish/${slot}`, '', headers)
  await advance('1s')
  return eventInstanceId
}

const opendrs = (...words) =>
  JSON.parse(execFileSync(process.env.OPENDRS_BIN, [...words, '--data', server.data, '--json'], { encoding: 'utf8' }))

/** What an operator sees of an order. */
const standing = (id) => {
  const { state, problem, price, tracking, lastError } = opendrs('order', 'show', id)
  return { state, problem, price, tracking, lastError }
}
const fresh = { problem: null, price: '24.99', tracking: null, lastError: null }

/** Waits for what a hint causes, which comes when it comes. */
async function eventually(id, state) {
  for (let tries = 0; tries < 100; tries++) {
    if (standing(id).state === state) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`the order is ${JSON.stringify(standing(id))}, not ${state}`)
}

// ---- the shop's side

const { admin } = shop
const FOUND = `items { id code state totalWithTax shippingAddress { fullName streetLine1 city postalCode countryCode }
  customer { emailAddress lastName } lines { id quantity productVariant { sku } }
  payments { method amount state transactionId refunds { state total } } }`

/** What the shop has of an order. */
const inShop = async (id) => {
  const query = `query ($id: String!) { orders(options: { filter: { transactionId: { eq: $id } } }) { ${FOUND} } }`
  return (await admin(query, { id })).orders.items
}
const orders = async (state) => {
  const query = 'query ($state: String!) { orders(options: { filter: { state: { eq: $state } } }) { totalItems } }'
  return (await admin(query, { state })).orders.totalItems
}
const variant = async (sku) => {
  const query = 'query ($sku: String!) { productVariants(options: { filter: { sku: { eq: $sku } } }) { items { id stockOnHand stockAllocated } } }'
  return (await admin(query, { sku })).productVariants.items[0]
}
const change = async (sku, more) =>
  admin('mutation ($input: [UpdateProductVariantInput!]!) { updateProductVariants(input: $input) { id } }', {
    input: [{ id: (await variant(sku)).id, ...more }],
  })
const RESULT = '{ __typename ... on ErrorResult { message } }'
async function fine(mutation, variables) {
  const [result] = Object.values(await admin(mutation, variables))
  if (result.message) throw new Error(result.message)
  return result
}

/** The shop sends a parcel. */
async function ship({ lines }, number) {
  const { id } = await fine(
    'mutation ($input: FulfillOrderInput!) { addFulfillmentToOrder(input: $input) { ... on Fulfillment { id } ... on ErrorResult { message } } }',
    {
      input: {
        lines: lines.map(({ id, quantity }) => ({ orderLineId: id, quantity })),
        handler: {
          code: 'manual-fulfillment',
          arguments: [
            { name: 'method', value: 'Post' },
            { name: 'trackingCode', value: number },
          ],
        },
      },
    },
  )
  await move(id, 'Shipped')
  return id
}
const move = (id, state) =>
  fine(`mutation ($id: ID!, $state: String!) { transitionFulfillmentToState(id: $id, state: $state) ${RESULT} }`, { id, state })

// ---- what must hold

const recorded = {}
/** A check without hints, whose answers are recorded; what it returns is the order's id. */
const scene = (name, text, work) =>
  check(text, async () => {
    target.url = ''
    proxy.traffic = []
    const id = await work().finally(point)
    const own = ({ payments }) => payments.some(({ transactionId }) => transactionId === id)
    const calls = proxy.traffic.flatMap(({ operation, answer, lost }) => {
      if (operation !== 'Watch') return [{ operation, answer, lost }]
      // Orders of other scenes are looked at in the same request: those are left out.
      const items = answer.data.orders.items.filter(own)
      return items.length ? [{ operation, answer: { data: { orders: { items } } } }] : []
    })
    recorded[name] = JSON.parse(JSON.stringify(calls).replaceAll(id, '{instance}'))
  })

/** What the shop was asked in this scene. */
const asked = () => proxy.traffic.map(({ operation }) => operation)

/** What a shop is asked to take an order. */
const all = ['Look', 'Quote', 'Begin', 'Fill', 'Pay']

await scene('delivered', 'an order is made in the shop, shipped, and delivered', async () => {
  const stock = (await variant(SKU)).stockAllocated
  const id = await order()
  equal(standing(id), { state: 'placed', ...fresh }, 'the order')
  equal(asked(), all, 'what the shop was asked')
  const [found, ...more] = await inShop(id)
  equal(more, [], 'other orders with its id')
  const { state, totalWithTax, shippingAddress, customer, lines, payments } = found
  equal([state, totalWithTax, lines.map((line) => [line.quantity, line.productVariant.sku])], ['PaymentSettled', 2499, [[1, SKU]]], 'it')
  equal(
    shippingAddress,
    { fullName: 'Peer Customer', streetLine1: '1 Main Street', city: 'Springfield', postalCode: '97477', countryCode: 'US' },
    'where it goes',
  )
  equal(customer, { emailAddress: 'customer@example.com', lastName: 'Customer' }, 'whose it is')
  equal(payments, [{ method: PAYMENT, amount: 2499, state: 'Settled', transactionId: id, refunds: [] }], 'payments')
  equal((await variant(SKU)).stockAllocated, stock + 1, 'what is set aside')
  await advance('1h')
  const parcel = await ship(found, '1Z 999')
  await advance('1h')
  equal(standing(id), { state: 'shipped', ...fresh, tracking: '1Z 999' }, 'the order')
  await move(parcel, 'Delivered')
  await advance('1h')
  equal(standing(id).state, 'delivered', 'the order')
  const before = asked()
  await advance('5h')
  equal(asked(), before, 'what the shop is asked of an order that is over')
  return id
})

await check('a hint of the shop has an order looked at at once', async () => {
  const id = await order()
  const [found] = await inShop(id)
  const parcel = await ship(found, '1Z 1')
  await eventually(id, 'shipped')
  await move(parcel, 'Delivered')
  await eventually(id, 'delivered')
})

await scene('cancelled', 'an order that is cancelled here is cancelled there, and its books are straight', async () => {
  const id = await order()
  const stock = (await variant(SKU)).stockAllocated
  opendrs('order', 'cancel', id, '--reason', 'This is a test')
  await advance('1s')
  const [{ state, payments }] = await inShop(id)
  equal([state, payments[0].refunds], ['Cancelled', [{ state: 'Settled', total: 2499 }]], 'the shop\'s order')
  equal((await variant(SKU)).stockAllocated, stock - 1, 'what is set aside')
  return id
})

await scene('cancelled_there', 'an order that the shop cancels is cancelled here', async () => {
  const id = await order()
  const [found] = await inShop(id)
  await fine(`mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) ${RESULT} }`, { input: { orderId: found.id } })
  await advance('1h')
  equal(standing(id).state, 'cancelled', 'the order')
  return id
})

await scene('too_late', 'what left the shop is not cancelled there', async () => {
  const id = await order()
  const [found] = await inShop(id)
  await ship(found, '1Z 2')
  opendrs('order', 'cancel', id, '--reason', 'This is a test')
  await advance('1s')
  const { state, lastError } = standing(id)
  equal([state, /is under way already/.test(lastError), (await inShop(id))[0].state], ['cancelled', true, 'Shipped'], 'it')
  return id
})

await scene('out_of_stock', 'what is out of stock is held until there is some', async () => {
  const id = await order(CARTRIDGE)
  equal([standing(id).state, standing(id).problem], ['held', 'out_of_stock'], 'the order')
  equal([await orders('Draft'), (await inShop(id)).length], [0, 0], 'what was made')
  await change(SCARCE, { stockOnHand: 1 })
  await advance('1h')
  equal([standing(id).state, (await inShop(id)).length], ['placed', 1], 'the order')
  return id
})

await scene('too_dear', 'what costs more than was agreed to is held, and nothing is made', async () => {
  await change(SKU, { price: 2999 })
  const id = await order()
  const { state, problem, price } = standing(id)
  equal([state, problem, price], ['held', 'price', '29.99'], 'the order')
  equal([await orders('Draft'), (await inShop(id)).length], [0, 0], 'what was made')
  equal(asked().slice(0, 2), ['Look', 'Quote'], 'what the shop was asked')
  equal(asked().includes('Begin'), false, 'anything was made')
  await change(SKU, { price: 1999 })
  await advance('1h')
  equal(standing(id), { state: 'placed', ...fresh, price: '19.99' }, 'the order, for less')
  await change(SKU, { price: 2499 })
  return id
})

await scene('unknown_sku', 'what the shop does not sell is held', async () => {
  await change(SKU, { sku: 'OTHER' })
  const id = await order()
  const { state, problem, lastError } = standing(id)
  equal([state, problem, lastError], ['held', 'out_of_stock', `the shop sells nothing with the SKU ${SKU}`], 'the order')
  await change('OTHER', { sku: SKU })
  await advance('1h')
  equal(standing(id), { state: 'placed', ...fresh }, 'the order')
  return id
})

await scene('address', 'an address that the shop refuses holds the order, and no draft is left', async () => {
  const { countries } = await admin('{ countries { items { id } } }')
  const shipsTo = (code) =>
    admin('mutation ($input: UpdateCountryInput!) { updateCountry(input: $input) { id } }', {
      input: { id: countries.items[0].id, code },
    })
  await shipsTo('CA')
  const id = await order()
  equal([standing(id).state, standing(id).problem, await orders('Draft')], ['held', 'address', 0], 'the order')
  await shipsTo('US')
  await advance('1h')
  equal([standing(id).state, (await inShop(id)).length], ['placed', 1], 'the order')
  return id
})

await scene('payment', 'a payment that the shop refuses holds the order, and what was made is cancelled', async () => {
  till.closed = true
  const id = await order()
  equal([standing(id).state, standing(id).problem, await orders('ArrangingPayment')], ['held', 'payment', 0], 'the order')
  till.closed = false
  await advance('1h')
  equal([standing(id).state, (await inShop(id)).length], ['placed', 1], 'the order')
  return id
})

/** A draft that one of the shop's people has just begun: it looks like one of ours whose making was not heard of. */
const clerks = (await shop.clerk('mutation { createDraftOrder { id } }')).createDraftOrder.id

for (const operation of all) {
  await scene(`lost_${operation.toLowerCase()}`, `the answer to ${operation} is lost: the order is there once all the same`, async () => {
    proxy.lose(operation)
    const id = await order()
    equal(standing(id).state, 'held', 'the order')
    await advance('1m')
    equal(standing(id), { state: 'placed', ...fresh }, 'the order')
    equal((await inShop(id)).map(({ state }) => state), ['PaymentSettled'], 'in the shop')
    return id
  })
}
/** What was begun in the shop and not completed. */
const begun = async () => {
  const query = '{ orders(options: { filter: { state: { in: ["Draft", "ArrangingPayment"] } } }) { items { id state totalQuantity } } }'
  return (await admin(query)).orders.items
}
await check('of what was begun and lost nothing is left but what somebody else began', async () => {
  equal(await begun(), [{ id: clerks, state: 'Draft', totalQuantity: 0 }], 'drafts')
})

for (const operation of all) {
  await check(`the server is killed at ${operation}: the next one goes on`, async () => {
    let dead
    const killed = new Promise((resolve) => proxy.lose(operation, async () => resolve(await server.kill())))
    const token = await device()
    const reply = await post(`/replenish/${FILTER}`, '', { authorization: `Bearer ${token}`, ...versions('DrsReplenish') })
    await killed
    server = await start({ env, data: server.data })
    point()
    await advance('10m')
    equal(standing(reply.eventInstanceId), { state: 'placed', ...fresh }, 'the order')
    equal((await inShop(reply.eventInstanceId)).map(({ state }) => state), ['PaymentSettled'], 'in the shop')
    equal((await begun()).map(({ id }) => id), [clerks], 'what is left')
  })
}

await check('a key without its rights is told from a shop that is down', async () => {
  await admin('mutation ($ids: [ID!]!) { deleteApiKeys(ids: $ids) { result } }', {
    ids: (await admin('{ apiKeys { items { id } } }')).apiKeys.items.map(({ id }) => id),
  })
  const id = await order()
  const { state, lastError } = standing(id)
  equal([state, /does not let the key do/.test(lastError)], ['held', true], lastError)
})

if (process.env.RECORD_TO) {
  const scenes = Object.entries(recorded).map(([name, calls]) => {
    const lines = calls.map((call) => `    ${JSON.stringify(call)}`)
    return `  ${JSON.stringify(name)}: [\n${lines.join(',\n')}\n  ]`
  })
  writeFileSync(process.env.RECORD_TO, `{\n${scenes.join(',\n')}\n}\n`)
}
target.url = ''
await check('the server ends well when it is told to', () => server.stop())
proxy.close()
await shop.close()
console.log(`${tally.passed} passed, ${tally.failed} failed`)
process.exit(tally.failed ? 1 : 0)
