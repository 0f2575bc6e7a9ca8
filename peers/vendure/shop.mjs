// A real Vendure on loopback, with SQLite in a folder that goes when it ends: one channel, one product with a stock, one
// way to ship, one to pay, and an API key that may do what docs/fulfilment.md says and nothing else.

import {
  bootstrap,
  defaultShippingCalculator,
  defaultShippingEligibilityChecker,
  DefaultLogger,
  defaultPaymentProcess,
  dummyPaymentHandler,
  LogLevel,
  manualFulfillmentHandler,
} from '@vendure/core'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HintPlugin } from './hint.mjs'

/** What the key may do: docs/fulfilment.md lists the same. */
export const RIGHTS = [
  'ReadCatalog',
  'ReadShippingMethod',
  'ReadCustomer',
  'ReadOrder',
  'CreateOrder',
  'UpdateOrder',
  'DeleteOrder',
]
export const SHIPPING = 'standard'
export const PAYMENT = 'opendrs'

/** Whether payments are refused. */
export const till = { closed: false }

const ADMIN = { username: 'admin', password: 'a password for a test' }

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

const argument = (name, value) => ({ name, value: String(value) })
const operation = ({ code }, ...args) => ({ code, arguments: args })

/** Opens a shop. `products` are made of `{ sku, name, price, stock }`, prices in cents with tax. */
export async function open(products) {
  const folder = mkdtempSync(join(tmpdir(), 'opendrs-vendure-'))
  const port = await freePort()
  const app = await bootstrap({
    apiOptions: { hostname: '127.0.0.1', port, adminApiPath: 'admin-api', shopApiPath: 'shop-api' },
    authOptions: {
      tokenMethod: ['bearer', 'api-key'],
      superadminCredentials: { identifier: ADMIN.username, password: ADMIN.password },
    },
    dbConnectionOptions: { type: 'better-sqlite3', database: join(folder, 'shop.db'), synchronize: true, logging: false },
    logger: new DefaultLogger({ level: LogLevel.Error }),
    paymentOptions: {
      paymentMethodHandlers: [dummyPaymentHandler],
      process: [defaultPaymentProcess, { onTransitionStart: () => (till.closed ? 'the till is closed' : undefined) }],
    },
    plugins: [HintPlugin],
  })
  const url = `http://127.0.0.1:${port}/admin-api`
  /** Calls as one of the shop's people. */
  async function person(credentials) {
    let bearer
    async function ask(query, variables = {}) {
      const headers = { 'content-type': 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }) }
      const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
      bearer = reply.headers.get('vendure-auth-token') ?? bearer
      const { data, errors } = await reply.json()
      if (errors) throw new Error(`the shop answered ${JSON.stringify(errors)} to ${query}`)
      return data
    }
    await ask(
      'mutation ($username: String!, $password: String!) { login(username: $username, password: $password) { __typename } }',
      credentials,
    )
    return ask
  }

  const admin = await person(ADMIN)
  await furnish(admin, products)
  const key = await makeKey(admin)
  const clerk = await person(await makeClerk(admin))
  const close = async () => {
    await app.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
  return { url, key, admin, clerk, close }
}

/** A country and its taxes, a way to ship and one to pay, and what is sold. */
async function furnish(admin, products) {
  const en = (more) => [{ languageCode: 'en', ...more }]
  const make = async (what, type, input) => (await admin(`mutation ($input: ${type}!) { made: ${what}(input: $input) { id } }`, { input })).made.id
  const country = await make('createCountry', 'CreateCountryInput', {
    code: 'US',
    enabled: true,
    translations: en({ name: 'United States' }),
  })
  const zone = await make('createZone', 'CreateZoneInput', { name: 'Everywhere', memberIds: [country] })
  const category = await make('createTaxCategory', 'CreateTaxCategoryInput', { name: 'Standard', isDefault: true })
  await make('createTaxRate', 'CreateTaxRateInput', {
    name: 'Sales tax',
    enabled: true,
    value: 10,
    categoryId: category,
    zoneId: zone,
  })
  const { activeChannel } = await admin('{ activeChannel { id } }')
  await admin(
    'mutation ($input: UpdateChannelInput!) { updateChannel(input: $input) { __typename ... on ErrorResult { message } } }',
    {
      input: {
        id: activeChannel.id,
        defaultCurrencyCode: 'USD',
        availableCurrencyCodes: ['USD'],
        pricesIncludeTax: true,
        defaultTaxZoneId: zone,
        defaultShippingZoneId: zone,
      },
    },
  )
  await make('createShippingMethod', 'CreateShippingMethodInput', {
    code: SHIPPING,
    fulfillmentHandler: manualFulfillmentHandler.code,
    checker: operation(defaultShippingEligibilityChecker, argument('orderMinimum', 0)),
    calculator: operation(
      defaultShippingCalculator,
      argument('rate', 0),
      argument('includesTax', 'include'),
      argument('taxRate', 0),
    ),
    translations: en({ name: 'Standard', description: '' }),
  })
  await make('createPaymentMethod', 'CreatePaymentMethodInput', {
    code: PAYMENT,
    enabled: true,
    handler: operation(dummyPaymentHandler, argument('automaticSettle', false)),
    translations: en({ name: 'Paid at OpenDRS', description: '' }),
  })
  for (const { sku, name, price, stock } of products) {
    const productId = await make('createProduct', 'CreateProductInput', {
      enabled: true,
      translations: en({ name, slug: sku.toLowerCase(), description: '' }),
    })
    await admin('mutation ($input: [CreateProductVariantInput!]!) { createProductVariants(input: $input) { id } }', {
      input: [
        { productId, sku, price, taxCategoryId: category, stockOnHand: stock, trackInventory: 'TRUE', translations: en({ name }) },
      ],
    })
  }
}

/** One of the shop's people beside the administrator; what they sign in with. */
async function makeClerk(admin) {
  const input = { emailAddress: 'clerk@shop.example', firstName: 'Carla', lastName: 'Clerk', password: ADMIN.password }
  const { roles } = await admin('{ roles(options: { filter: { code: { eq: "opendrs" } } }) { items { id } } }')
  await admin('mutation ($input: CreateAdministratorInput!) { createAdministrator(input: $input) { id } }', {
    input: { ...input, roleIds: roles.items.map(({ id }) => id) },
  })
  return { username: input.emailAddress, password: input.password }
}

/** A role with the rights of the key and no others, and a key that has it. */
async function makeKey(admin) {
  const { createRole } = await admin('mutation ($input: CreateRoleInput!) { createRole(input: $input) { id } }', {
    input: { code: 'opendrs', description: 'OpenDRS', permissions: RIGHTS },
  })
  const { createApiKey } = await admin('mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey } }', {
    input: { roleIds: [createRole.id], translations: [{ languageCode: 'en', name: 'OpenDRS' }] },
  })
  return createApiKey.apiKey
}
