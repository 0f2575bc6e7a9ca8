// Federated sign-in at a real provider, npm `oidc-provider`, with Chromium: a new customer, an account that is linked, both
// by a button that is pressed twice, and a person who cancels. And what was changed on the way: the provider refuses another PKCE challenge, our server another nonce
// or state.

import { Browser } from './browser.mjs'
import { check, equal } from './checks.mjs'
import { launch } from './chromium.mjs'
import { signInAtProvider, signsIn, startProvider } from './provider.mjs'
import { CUSTOMER, WEB, scopeData, serial, start } from './server.mjs'

const PEOPLE = {
  grace: { email: 'grace@shop.example', email_verified: true, name: 'Grace Hopper' },
  owner: { email: CUSTOMER.email, email_verified: true, name: 'Owner' },
  eve: { email: CUSTOMER.email, email_verified: false, name: 'Eve' },
}

const FEDERATED = 'main a[href^="/ap/federated?"]'
const HOME = 'nav a[href="/account"]'
const REFUSED = 'main a.button[href="/settings"]'

export default async function federation() {
  const provider = await startProvider(PEOPLE)
  const server = await start({ env: provider.env })
  provider.register(server.base)
  const browser = await launch()
  const open = async () => {
    const page = await browser.open()
    await page.go(`${server.base}/settings`)
    await page.press(FEDERATED)
    return page
  }
  const signOut = async (page) => {
    await page.go(`${server.base}/account`)
    await page.press('form[action="/ap/signout"] button')
    await page.shows('form[name=signIn]')
  }
  try {
    await check('oidc-provider: a new customer creates an account, signs out and in again', () => createsAccount(open, signOut))
    await check('oidc-provider: an account is linked after its own sign-in', () => linksAccount(open, signOut))
    await check('oidc-provider: who cancels there gets a page and may try again', () => cancels(open))
    await check('oidc-provider: an address that is not confirmed opens no account', async () => {
      const page = await open()
      await signInAtProvider(page, 'eve')
      await page.shows(REFUSED)
      await page.close()
    })
    await check('oidc-provider: a sign-up goes on after it', () => signsUp(browser, server.base))
    await check('oidc-provider: every request has state, nonce and a challenge of its own', () => {
      const fresh = (name) => new Set(provider.asked.map((asked) => asked[name])).size
      const { length } = provider.asked
      equal([fresh('state'), fresh('nonce'), fresh('code_challenge')], [length, length, length], 'different values')
      const methods = new Set(provider.asked.map((asked) => asked.code_challenge_method))
      equal([...methods], ['S256'], 'challenge methods')
    })
    for (const name of ['nonce', 'code_challenge', 'state']) {
      await check(`oidc-provider: another ${name} on the way signs nobody in`, () => changed(server.base, name))
    }
  } finally {
    await browser.stop()
    await server.stop()
    provider.stop()
  }
}

async function createsAccount(open, signOut) {
  const page = await open()
  await signInAtProvider(page, 'grace')
  await page.shows('form[name=federated-create] input[name=name][value="Grace Hopper"]')
  await page.type('#name', 'Grace B. Hopper')
  await page.press('form[name=federated-create] button', 2)
  await page.shows(HOME)
  await signOut(page)
  // The provider remembers her, and asks for nothing.
  await page.press(FEDERATED)
  await page.shows(HOME)
  await page.press(HOME)
  await page.shows('input[value="Grace B. Hopper"]')
  await page.close()
}

async function linksAccount(open, signOut) {
  const page = await open()
  await signInAtProvider(page, 'owner')
  await page.press('main a.button[href="/ap/federated/continue?sign-in=1"]')
  await page.type('#ap_password', CUSTOMER.password)
  await page.press('#signInSubmit')
  await page.press('form[name=federated-link] button', 2)
  await page.shows(HOME)
  await signOut(page)
  await page.press(FEDERATED)
  await page.shows(HOME)
  await page.close()
}

async function cancels(open) {
  const page = await open()
  await page.press('form[name=provider] button[name=cancel]')
  equal((await page.html('main')).includes('You cancelled the sign-in'), true, 'what the page says')
  await page.press(REFUSED)
  await page.press(FEDERATED)
  await page.shows('form[name=provider]')
  await page.close()
}

/** An app's authorization request leads to the provider, and afterwards to the consent. */
async function signsUp(browser, base) {
  const page = await browser.open()
  const client = { client_id: WEB.id, redirect_uri: WEB.redirect, response_type: 'code' }
  const wanted = { scope: 'dash:replenish', scope_data: scopeData(serial()), state: 'a b&c' }
  await page.go(`${base}/ap/oa?${new URLSearchParams({ ...client, ...wanted })}`)
  await page.press(FEDERATED)
  await signInAtProvider(page, 'owner')
  await page.shows('form[name=consent-form]')
  await page.close()
}

/** Somebody changes one parameter of the request. The answer to it opens no account. */
async function changed(base, name) {
  const browser = new Browser()
  const begun = await browser.send('GET', `${base}/ap/federated?return_to=/settings`)
  const url = new URL(begun.headers.get('location'))
  const other = [...url.searchParams.get(name)].reverse().join('')
  url.searchParams.set(name, other)
  const { target } = await new Browser().walk(url, signsIn('grace'))
  equal(target.searchParams.has('code'), true, 'the provider gave a code')
  const answer = await browser.send('GET', target)
  equal([answer.status, (await answer.text()).includes('We could not sign you in')], [400, true], 'the answer')
  const home = await browser.send('GET', `${base}/settings`)
  equal((await home.text()).includes('name="signIn"'), true, 'still asks for a sign-in')
}
