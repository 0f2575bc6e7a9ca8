// What makers, customers and years bring, with Chromium: names that are code, that go from right to left or have no blank, a
// device with as many slots as a model may have, 10,000 orders, and nothing that has a picture. In an app's narrow window,
// Exit is in sight.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { check, equal } from './checks.mjs'
import { launch } from './chromium.mjs'
import { TELEPHONE, inspect } from './inspect.mjs'
import { CUSTOMER, SEED, WEB, opendrs, scopeData, start, versions } from './server.mjs'

const CODE = '<script>alert(1)</script>'
/** Names have at most 120 characters, and titles of products more. */
const unbroken = (length) => `${CODE} ${'W'.repeat(length)}`.slice(0, length)
const ARABIC = 'مرشح المياه للإبريق '.repeat(10)
const fromTheRight = (length) => `${ARABIC.slice(0, length - CODE.length)}${CODE}`

/** The program that makes many orders. */
const MANY_ORDERS = fileURLToPath(new URL('many_orders.py', import.meta.url))

const COMPOSITE = 'amzn1.dash.v1.composite.5f0c2a44-0000-4000-8000-0000000000c1'
/** A model has at most 20 slots. */
const MANY = { slots: 20, orders: 10_000 }
const EXIT = '.top nav a[href^="https://maker.example/app"]'

const slots = (number, name) =>
  Array.from({ length: number }, (_, n) => `[[maker.model.slot]]
id = "slot-${n + 1}"
name = ${JSON.stringify(name(n + 1))}
unit = "count"
products = ["B00HOST001", "B00HOST002"]`).join('\n')

const MODELS = `[[maker.model]]
id = "Hostile-1"
name = ${JSON.stringify(fromTheRight(120))}
composite_id = "${COMPOSITE}"
live = true
${slots(2, (n) => (n === 1 ? unbroken(120) : fromTheRight(120)))}

[[maker.model]]
id = "Twenty-1"
name = "${'W'.repeat(120)}"
live = true
${slots(MANY.slots, (n) => `Slot ${n}`)}

[[product]]
asin = "B00HOST001"
title = ${JSON.stringify(unbroken(200))}
price = "99999999.99"
currency = "USD"
quantity = 3
unit = ${JSON.stringify(unbroken(40))}

[[product]]
asin = "B00HOST002"
title = ${JSON.stringify(fromTheRight(200))}
price = "0.01"
currency = "USD"
quantity = 1
unit = "count"

`

const SEED_TEXT = readFileSync(SEED, 'utf8')
  .replace('[[product]]', `${MODELS}[[product]]`)
  .replace('"Peer Appliances"', JSON.stringify(unbroken(120)))
  .replace('"Peer companion app"', JSON.stringify(fromTheRight(120)))
  .replace('"Peer Customer"', JSON.stringify(unbroken(120)))

export default async function hostile() {
  const server = await start({ seed: SEED_TEXT })
  const browser = await launch()
  const page = await browser.open()
  await page.view(TELEPHONE)
  const look = (name, state = {}) => check(`Chromium: hostile names: ${name}`, () => inspect(page, server.base, state))
  try {
    await check('Chromium: a customer walks on through pages of hostile names', async () => {
      await setUp(page, server.base, look)
      await useDevice(page, server, look)
      await manySlots(page, server, look)
    })
  } finally {
    await browser.stop()
    await server.stop()
  }
}

async function setUp(page, base, look) {
  await page.go(`${base}/teaser?compositeId=${COMPOSITE}&loginUri=/settings`)
  await page.shows('.hero')
  await look('teaser')
  const client = { client_id: WEB.id, redirect_uri: WEB.redirect, response_type: 'code' }
  const unit = { scope: 'dash:replenish', scope_data: scopeData('HOSTILE-1', 'Hostile-1') }
  await page.go(`${base}/ap/oa?${new URLSearchParams({ ...client, ...unit })}`)
  await page.type('#ap_email', CUSTOMER.email)
  await look('sign in')
  await page.type('#ap_password', CUSTOMER.password)
  await page.follow('#signInSubmit')
  await page.shows('form[name=consent-form]')
  await look('consent')
  await page.follow('button[name=consentApproved]')
  for (const n of [1, 2]) {
    await page.shows(`form[name=slot-form] input[value="slot-${n}"]`)
    await look(`slot ${n}`)
    await page.press(`input[name=asin][value=B00HOST00${n}]`)
    await page.follow('button.a-button-input')
  }
  await page.shows('form[name=overview-form]')
  await look('overview')
}

/** Links a unit beside the pages; its tokens. */
async function link({ data }, model) {
  const unit = ['--client', WEB.id, '--model', model, '--serial', `${model}-A`, '--customer', CUSTOMER.email]
  return opendrs(data, 'device', 'link', ...unit)
}

const inApp = (base, { access_token }) =>
  `${base}/settings?${new URLSearchParams({ access_token, exitUri: 'https://maker.example/app' })}`

/** Asks for a reorder of a slot. */
async function reorder(base, { access_token }, id) {
  const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json', ...versions('DrsReplenish') }
  equal((await fetch(`${base}/replenish/${id}`, { method: 'POST', headers, body: '{}' })).status, 200, 'a reorder')
}

async function useDevice(page, server, look) {
  const { base } = server
  const tokens = await link(server, 'Hostile-1')
  await reorder(base, tokens, 'slot-1')
  await page.go(inApp(base, tokens))
  await page.shows('#orders a[href^="/order?id="]')
  await look('device', { exit: EXIT })
  await page.follow('#orders a[href^="/order?id="]')
  await look('order')
  await page.follow('button[name=cancel]')
  await promisify(execFile)(process.env.PYTHON ?? 'python3', [MANY_ORDERS, server.data, String(MANY.orders)])
  await page.go(inApp(base, tokens))
  await page.shows('#orders .foot a[href*="before="]')
  await look('first page of 10,000 orders', { exit: EXIT })
  await page.follow('#orders .foot a[href*="before="]')
  await look('second page of 10,000 orders', { exit: EXIT })
  equal((await page.edges('#orders .rows > li')).length, 20, 'orders on a page')
  await page.go(`${base}/settings`)
  await page.shows('.rows .link')
  await look('devices')
  await page.follow('.rows .link a.over')
  await look('remove the device')
  await page.go(`${base}/account`)
  await page.shows('form[name=delete-account]')
  await look('account')
}

async function manySlots(page, server, look) {
  await page.go(inApp(server.base, await link(server, 'Twenty-1')))
  await page.shows('[id="slot-slot-20"]')
  await look('device of 20 slots', { exit: EXIT })
}
