// A customer with Chromium leaves our pages for a client's return page, which redirects further: to another origin, to
// an app's scheme, and at an address of version 6. However the sign-up ends, the browser arrives, without a script.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { check, equal } from './checks.mjs'
import { launch } from './chromium.mjs'
import { ANDROID, CARTRIDGE, CUSTOMER, FILTER, SEED, WEB, scopeData, serial, start } from './server.mjs'

const APP = 'com.example.peer://linked'

/** A maker's web server. `leads` tells where a path redirects to; everything else is a page. */
async function site(host, leads = {}) {
  const asked = []
  const seen = () => site.page?.changed()
  const server = createServer((request, response) => {
    asked.push(request.url)
    const { pathname, search } = new URL(request.url, 'http://site')
    const target = leads[pathname]
    if (target) response.writeHead(302, { location: target + search })
    response.end(target ? '' : 'done')
    seen()
  })
  await new Promise((resolve) => server.listen(0, host, resolve))
  const { port } = server.address()
  return { asked, port, stop: () => server.close() }
}

/** What a person does until the sign-up has ended in this way. */
const ENDS = {
  'sign-in cancelled': async (page) => page.press('form[name=signIn] ~ p a'),
  'consent refused': async (page) => {
    await signIn(page)
    await page.press('button[name=consentDenied]')
  },
  'slot cancelled': async (page) => {
    await agree(page)
    await page.press('form[name=slot-form] button[name=cancel]')
  },
  'overview cancelled': async (page) => {
    await choose(page)
    await page.press('form[name=overview-form] button[name=cancel]')
  },
  completed: async (page) => {
    await choose(page)
    await page.press('button[name=completeSetup]')
  },
}

async function signIn(page) {
  await page.type('input[name=email]', CUSTOMER.email)
  await page.type('input[name=password]', CUSTOMER.password)
  await page.press('form[name=signIn] button')
}

async function agree(page) {
  await signIn(page)
  // Whoever agreed before is not asked again.
  const allow = 'button[name=consentApproved]'
  if ((await page.either(allow, 'form[name=slot-form]')) === allow) await page.press(allow)
}

async function choose(page) {
  await agree(page)
  for (const slot of [FILTER, CARTRIDGE]) {
    await page.press(`form[name=slot-form] input[name=slotId][value="${slot}"] ~ button:not([name])`)
  }
}

export default async function leaving() {
  const home = await site('127.0.0.1')
  const first = await site('127.0.0.1', { '/other': `http://localhost:${home.port}/home`, '/app': APP })
  const sixth = await site('::1', { '/other': `http://localhost:${home.port}/home` })
  const returns = {
    'another origin': { uri: `http://127.0.0.1:${first.port}/other`, at: home },
    "an app's scheme": { uri: `http://127.0.0.1:${first.port}/app`, app: APP },
    '[::1]': { uri: `http://[::1]:${sixth.port}/linked`, at: sixth },
    '[::1], then another origin': { uri: `http://[::1]:${sixth.port}/other`, at: home },
    'the app itself': { uri: ANDROID.redirect, app: ANDROID.redirect, client: ANDROID.id },
  }
  const uris = Object.values(returns).flatMap(({ uri, client }) => (client ? [] : [JSON.stringify(uri)]))
  const seed = readFileSync(SEED, 'utf8').replace('redirect_uris = ["https://maker', `redirect_uris = [${uris}, "https://maker`)
  const server = await start({ seed })
  const browser = await launch()
  try {
    for (const [end, walk] of Object.entries(ENDS)) {
      for (const [where, { uri, at, app, client = WEB.id }] of Object.entries(returns)) {
        await check(`Chromium: ${end}: arrives at ${where}`, () => arrives(browser, server.base, { uri, at, app, client, end, walk }))
      }
    }
    await check('Chromium: completed at an address that is not trustworthy: arrives at another origin', () => {
      const base = server.base.replace('127.0.0.1', 'opendrs.test')
      const { uri, at } = returns['another origin']
      return arrives(browser, base, { uri, at, client: WEB.id, end: 'completed', walk: ENDS.completed })
    })
    await check('Chromium: a sign-in to a client that has the consent arrives at another origin', async () => {
      const { uri, at } = returns['another origin']
      const scope = { scope: 'profile', scope_data: '' }
      const walk = async (page) => {
        await signIn(page)
        await page.press('button[name=consentApproved]')
      }
      await arrives(browser, server.base, { uri, at, client: WEB.id, end: 'completed', walk, more: scope })
      await arrives(browser, server.base, { uri, at, client: WEB.id, end: 'completed', walk: signIn, more: scope })
    })
  } finally {
    await browser.stop()
    for (const { stop } of [home, first, sixth]) stop()
    await server.stop()
  }
}

/** Walks through a sign-up in a fresh browser, and sees that it arrives with an answer, its policy unharmed. */
async function arrives(browser, base, { uri, at, app, client, end, walk, more = {} }) {
  const page = await browser.open()
  site.page = page
  try {
    const state = `state-${serial()}`
    const challenge = client === ANDROID.id ? { code_challenge: 'x'.repeat(43) } : {}
    const usual = { scope: 'dash:replenish', scope_data: scopeData(serial()), response_type: 'code', ...challenge }
    const query = new URLSearchParams({ client_id: client, redirect_uri: uri, state, ...usual, ...more })
    await page.go(`${base}/ap/oa?${query}`)
    await walk(page)
    const wanted = end === 'completed' ? 'code=AN' : 'error=access_denied'
    const fits = (url) => url.includes(wanted) && url.includes(`state=${state}`)
    const arrived = () => (app ? page.requested.filter((url) => url.startsWith(app)) : at.asked).find(fits)
    await page.until(`arrive at ${app ?? 'the last page'}`, arrived)
    const blocked = page.said.filter((text) => /Content Security Policy/i.test(text))
    equal(blocked, [], 'what the browser says of the policy')
  } finally {
    await page.close()
  }
}
