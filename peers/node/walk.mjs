// A customer's way through the pages, from a new account to sign-out: every page and state, in the order in which a person
// meets them.
//
// Not here: what is done at each of them. `pages.mjs` checks them, `shots.mjs` takes pictures.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Secret } from './authenticator.mjs'
import { equal } from './checks.mjs'
import { Device, PERCENT_LEFT } from './device.mjs'
import { forgetPerson, signInAtProvider, startProvider } from './provider.mjs'
import { CARTRIDGE, COMPOSITE, FILTER, SEED, WEB, scopeData, start } from './server.mjs'

const CUSTOMER = { email: 'ada@example.com', name: 'Ada Byron', password: 'four unrelated little words' }
const NEW_PASSWORD = 'another four unrelated words'

/** Ids, codes and times are those of every other walk, so that the pictures of two walks can be compared. */
const REPEATABLE = ['--random-seed', '1', '--start-at', '2027-03-01T08:30:00Z']

/** Who signs in at the shop's provider: somebody new, and the customer of the walk. */
const PEOPLE = {
  grace: { email: 'grace@example.com', email_verified: true, name: 'Grace Hopper' },
  ada: { email: CUSTOMER.email, email_verified: true, name: CUSTOMER.name },
}

/** Starts the server of the walk with a provider, and with names as a maker would give them. */
export async function startShop() {
  const provider = await startProvider(PEOPLE)
  const seed = readFileSync(SEED, 'utf8').replaceAll('"Peer ', '"Aqua ')
  const server = await start({ seed, more: REPEATABLE, env: provider.env })
  provider.register(server.base)
  const stop = async () => {
    provider.stop()
    await server.stop()
  }
  return { ...server, issuer: provider.issuer, stop }
}

/**
 * Walks through the pages. `look(name, { refused, exit, via })` is called at each page and state. `refused`: the page
 * answers a mistake, with status 400 or 404. `exit`: the selector of its link back to the app, where it has one. `via`:
 * another site from which the browser comes.
 */
export async function walk(page, server, look) {
  const visit = new Visit(page, server, look)
  await visit.createAccount()
  await visit.linkDevice()
  await visit.device.use()
  await visit.signIn()
  await visit.changeDevice()
  await visit.seeOrder()
  await visit.orderAhead()
  await visit.withdraw()
  await visit.changeAccount()
  await visit.recoverPassword()
  await visit.signInByProvider()
  await visit.seeOthers()
}

class Visit {
  constructor(page, { base, issuer }, look) {
    Object.assign(this, { page, base, issuer, look, device: new Device(base) })
  }

  /** Waits for what the page is known by, and looks at it. */
  async at(selector, name, more = {}) {
    await this.page.shows(selector)
    await this.look(name, more)
  }

  async createAccount() {
    const { page, base } = this
    await page.go(`${base}/settings`)
    await this.at('form[name=signIn]', 'sign in')
    await page.press('.links li:last-child a')
    await this.at('form[name=new-account]', 'create an account')
    await page.type('#email', CUSTOMER.email)
    await page.press('form[name=new-account] button')
    await this.at('form[name=confirm-address]', 'code')
    const asked = page.url
    await page.type('#code', '000000')
    await page.press('form[name=confirm-address] button')
    await this.at('#code-error', 'code is wrong', { refused: true })
    await this.openMail('is your code', 'mails', 'mail with a code')
    const [code] = (await page.html('h1')).match(/\d{6}/)
    await page.go(asked)
    await page.type('#code', code)
    await page.press('form[name=confirm-address] button')
    await this.at('form[name=create-account]', 'name and password')
    await page.type('#name', CUSTOMER.name)
    await page.type('#password', 'password1')
    await page.press('form[name=create-account] button')
    await this.at('#password-error', 'password is weak', { refused: true })
    await page.type('#password', CUSTOMER.password)
    await page.press('form[name=create-account] button')
    await this.at('#address', 'home, no device yet')
  }

  /** Opens the newest mail, once its subject has these words. */
  async openMail(words, list, mail) {
    const newest = 'main h2 a'
    const arrived = async () => (await this.page.has(newest)) && (await this.page.html(newest)).includes(words)
    await this.page.reopen(`${this.base}/-/mail`, `a mail "${words}"`, arrived)
    if (list) await this.look(list, {})
    await this.page.press(newest)
    await this.at('pre', mail)
  }

  /** Links a device, as the maker's site does it. */
  async linkDevice() {
    const { page, base } = this
    const client = { client_id: WEB.id, redirect_uri: WEB.redirect }
    const wanted = { scope: 'dash:replenish', scope_data: scopeData('AP7-00042'), response_type: 'code' }
    await page.go(`${base}/ap/oa?${new URLSearchParams({ ...client, ...wanted })}`)
    await this.at('form[name=consent-form]', 'consent')
    await page.press('button[name=consentApproved]')
    await this.at(`form[name=slot-form] input[value="${FILTER}"]`, 'product for the filter')
    await page.press('button.a-button-input')
    await this.at(`form[name=slot-form] input[value="${CARTRIDGE}"]`, 'product for the cartridge')
    await page.press('button.a-button-input')
    await this.at('form[name=overview-form]', 'overview')
    const address = { line1: '12 St James Square', postal_code: '97477', city: 'Springfield', region: 'OR', country: 'US' }
    for (const [field, text] of Object.entries(address)) await page.type(`#${field}`, text)
    await page.press('button[name=completeSetup]')
    const arrived = () => page.requested.find((url) => url.startsWith(`${WEB.redirect}?code=`))
    const code = new URL(await page.until("arrive at the maker's site", arrived)).searchParams.get('code')
    await this.device.link(code)
    await page.go(`${base}/settings`)
    page.forget()
    await this.at('.rows .link', 'home')
    await page.press('.rows .link h2 a')
    await this.at(`[id="slot-${FILTER}"]`, 'device without a level')
  }

  /** The session of the new account ended meanwhile. */
  async signIn() {
    const { page, base } = this
    await page.go(`${base}/settings`)
    await page.type('#ap_email', CUSTOMER.email)
    await page.type('#ap_password', 'not the password')
    await page.press('#signInSubmit')
    await this.at('#ap_password-error', 'password is wrong', { refused: true })
    await page.type('#ap_password', CUSTOMER.password)
    await page.press('input[name=rememberMe]')
    await page.press('#signInSubmit')
    await page.shows('.rows .link')
  }

  async changeDevice() {
    const { page, base } = this
    const query = new URLSearchParams({ access_token: this.device.tokens.access_token, exitUri: 'https://maker.example/app' })
    const filter = `[id="slot-${FILTER}"]`
    const drawn = async () => (await page.has(`${filter} .chart`)) && (await page.html(`${filter} .level`)).includes(PERCENT_LEFT)
    await page.reopen(`${base}/settings?${query}`, 'a chart of the days', drawn)
    await this.look('device', { exit: '.top nav a[href^="https://maker.example"]' })
    await page.press(`${filter} details.plain summary`)
    await this.at(`${filter} details.plain[open]`, 'table of the days')
    await page.press(`${filter} details.plain summary`)
    const rules = `${filter} details:has(form[action="/settings/rule"])`
    await page.press(`${rules} > summary`)
    await this.at(`${rules}[open]`, 'rules')
    await page.press(`${rules} input[name=cap_kind][value=amount]`)
    await page.type(`${rules} input[name=cap]`, 'a lot')
    await page.press(`${rules} form button`)
    await this.at(`${rules} [aria-invalid]`, 'highest price is wrong', { refused: true })
    await page.type(`${rules} input[name=cap]`, '29.99')
    await page.press(`${rules} form button`)
    await this.at(`${filter} .notice.good`, 'rules are saved')
    const notes = `${filter} details:has(form[action="/settings/stock"])`
    await page.press(`${notes} > summary`)
    await page.type(`${notes} input[name=stock]`, 'two')
    await page.press(`${notes} form button`)
    await this.at(`${notes} [aria-invalid]`, 'stock is wrong', { refused: true })
    await page.type(`${notes} input[name=stock]`, '2')
    await page.press(`${notes} form button`)
    await this.at(`${filter} .notice.good`, 'note is saved')
    await page.press('#name summary')
    await page.type('#device-name', 'Kitchen pitcher')
    await page.press('#name form button')
    await this.at('main > .notice.good', 'device is renamed')
    await page.press('#address a')
    await this.at('form[action="/settings/address"]', 'address')
    await page.type('#country', 'Q1')
    await page.press('form[action="/settings/address"] button')
    await this.at('#country-error', 'country is wrong', { refused: true })
    await page.type('#country', 'US')
    await page.type('#line1', '14 St James Square')
    await page.press('form[action="/settings/address"] button')
    await this.at('main > .notice.good', 'address is saved')
  }

  async seeOrder() {
    const { page } = this
    await page.press('#orders a[href^="/order?id="]')
    await this.at('form[action="/order"]', 'order')
    const order = page.url
    await this.openMail('Your order', '', 'mail of an order')
    await page.go(order)
    await page.press('button[name=cancel]')
    await this.at('main > .notice.good', 'order is cancelled')
  }

  /** Orders by hand, skips the next order, and pauses all orders. */
  async orderAhead() {
    const { page, base } = this
    const filter = `[id="slot-${FILTER}"]`
    const openDevice = async () => {
      await page.go(`${base}/settings`)
      await page.press('.rows .link h2 a')
      await page.shows(filter)
    }
    await openDevice()
    const now = `${filter} details:has(form[action="/settings/order-now"])`
    await page.press(`${now} > summary`)
    await this.at(`${now}[open]`, 'order now')
    await page.press(`${now} form button`)
    await this.at('main > .notice.good', 'ordered by hand')
    await openDevice()
    await page.press(`${filter} button[name=skip]`)
    await this.at(`${filter} .notice.good`, 'next order is skipped')
    await page.go(`${base}/settings`)
    await page.press('#pause summary')
    await page.typeDay('#pause_from', '2027-03-10')
    await page.typeDay('#pause_until', '2027-03-01')
    await page.press('#pause form button')
    await this.at('#pause_until-error', 'pause is wrong', { refused: true })
    await page.typeDay('#pause_until', '2027-03-20')
    await page.press('#pause form button')
    await this.at('#pause button[name=resume]', 'all orders are paused')
  }

  /** The parcel of the order by hand has arrived: its page is a receipt, and its customer withdraws from the contract. */
  async withdraw() {
    const { page, base } = this
    await this.device.wait('5d')
    await page.go(`${base}/settings`)
    await page.press('.rows .link h2 a')
    await page.press('#orders a[href^="/order?id="]')
    await this.at('a[href^="/order/withdraw"]', 'order is delivered')
    await page.media('print')
    equal(await page.takesRoom('nav, form, button, .button, .skip'), false, 'what a receipt does not have')
    equal(await page.takesRoom('#history, .facts'), true, 'what a receipt has')
    await page.media('')
    await page.press('a[href^="/order/withdraw"]')
    await this.at('form[name=withdrawal-form]', 'withdraw from the contract')
    await page.press('form[name=withdrawal-form] button')
    await this.at('main .card a[href^="/order?id="]', 'withdrawal is confirmed')
    await page.press('main .card a[href^="/order?id="]')
    await this.at('#history', 'order after a withdrawal')
  }

  async changeAccount() {
    const { page, base } = this
    await page.go(`${base}/account`)
    await this.at('form[name=delete-account]', 'account')
    await page.press('form[name=change-zone] button')
    await this.at('main > .notice.good', 'time zone is saved')
    await page.type('#export_password', 'not the password')
    await page.press('form[name=export-data] button')
    await this.at('#export_password-error', 'password is wrong for a download', { refused: true })
    await page.type('#export_password', CUSTOMER.password)
    const file = (await page.download('form[name=export-data] button')).toString('latin1')
    assert.ok(file.startsWith('PK') && file.includes('customer.json') && file.includes('orders.csv'), 'a zip file with the data')
    await page.go(`${base}/account`)
    await page.shows('form[name=delete-account]')
    await this.useTwoSteps()
    await page.type('#delete_password', 'not the password')
    await page.press('form[name=delete-account] button')
    await this.at('#delete_password-error', 'password is wrong for a deletion', { refused: true })
    await page.type('#delete_password', CUSTOMER.password)
    await page.press('form[name=delete-account] button')
    await this.at('button[name=keep]', 'account will be deleted')
    await page.press('button[name=keep]')
    await this.at('form[name=delete-account]', 'account is kept')
    await this.signOut()
  }

  /** Switches sign-ins in two steps on, signs in with a recovery code, and switches it off. */
  async useTwoSteps() {
    const { page, base } = this
    await page.press('#second-factor a.button')
    await this.at('form[name=second-factor]', 'set up two-step sign-in')
    const key = (await page.html('main code')).match(/>([A-Z2-7 ]+)</)[1]
    const secret = new Secret(key)
    await page.type('#code', '000000')
    await page.type('#second_password', CUSTOMER.password)
    await page.press('form[name=second-factor] button')
    await this.at('#code-error', 'code of the app is wrong', { refused: true })
    await page.type('#code', secret.codeAt(await this.device.now()))
    await page.type('#second_password', CUSTOMER.password)
    await page.press('form[name=second-factor] button')
    await this.at('.codes', 'recovery codes')
    const [code] = (await page.html('.codes')).match(/[0-9A-Z]{5}-[0-9A-Z]{5}/)
    await page.press('main a.button[href^="/account"]')
    await page.shows('form[name=change-second-factor]')
    await this.signOut()
    await page.type('#ap_email', CUSTOMER.email)
    await page.type('#ap_password', CUSTOMER.password)
    await page.press('#signInSubmit')
    await this.at('form[name=second-step]', 'second step of a sign-in')
    await page.type('#code', code)
    await page.press('form[name=second-step] button')
    await page.shows('.rows .link')
    await page.go(`${base}/account`)
    await this.at('form[name=change-second-factor]', 'account with two-step sign-in')
    await page.type('#factor_password', CUSTOMER.password)
    await page.press('form[name=change-second-factor] button[name=off]')
    await this.at('main > .notice.good', 'two-step sign-in is off')
  }

  async signOut() {
    await this.page.press('form[action="/ap/signout"] button')
    await this.page.shows('form[name=signIn]')
  }

  async recoverPassword() {
    const { page } = this
    await page.press('.links li:first-child a')
    await this.at('form[name=forgotten-password]', 'forgotten password')
    await page.type('#email', CUSTOMER.email)
    await page.press('form[name=forgotten-password] button')
    await this.at('main a.button[href$="/settings"]', 'mail is sent')
    await this.openMail('Choose a new password', '', 'mail with a link')
    await page.press('.card li a')
    await this.at('form[name=new-password]', 'new password')
    await page.type('#password', NEW_PASSWORD)
    await page.press('form[name=new-password] button')
    await this.at('main a.button[href="/settings"]', 'new password is saved')
    await page.press('main a.button[href="/settings"]')
    await page.type('#ap_email', CUSTOMER.email)
    await page.type('#ap_password', NEW_PASSWORD)
    await page.press('#signInSubmit')
    await page.shows('.rows .link')
  }

  /** Somebody cancels at the provider, somebody new comes from it, and the customer links their account with it. */
  async signInByProvider() {
    const { page, issuer } = this
    const atProvider = 'form[name=provider]'
    const leave = async () => {
      await this.signOut()
      await forgetPerson(page, issuer)
      await page.press('main a[href^="/ap/federated?"]')
      await page.shows(atProvider)
    }
    await leave()
    await page.press(`${atProvider} button[name=cancel]`)
    await this.at('main a.button[href="/settings"]', 'sign-in at a provider is cancelled', { refused: true, via: issuer })
    await page.press('main a.button[href="/settings"]')
    await page.press('main a[href^="/ap/federated?"]')
    await signInAtProvider(page, 'grace')
    await this.at('form[name=federated-create]', 'create an account with a provider', { via: issuer })
    await page.press('form[name=federated-create] button')
    await page.press('nav a[href="/account"]')
    await this.at('form[name=delete-account], #identity', 'account without a password')
    await leave()
    await signInAtProvider(page, 'ada')
    await this.at('a.button[href="/ap/federated/continue?sign-in=1"]', 'there is an account already', { via: issuer })
    await page.press('a.button[href="/ap/federated/continue?sign-in=1"]')
    await page.type('#ap_email', CUSTOMER.email)
    await page.type('#ap_password', NEW_PASSWORD)
    await page.press('#signInSubmit')
    await this.at('form[name=federated-link]', 'link the account')
    await page.press('form[name=federated-link] button')
    await page.press('nav a[href="/account"]')
    await this.at('form[name=delete-account]', 'account with a link')
    await page.go(`${this.base}/settings`)
    await page.shows('.rows .link')
  }

  /** What asks before it takes something away, and what needs no sign-in. */
  async seeOthers() {
    const { page, base } = this
    await page.press('.rows .link a.over')
    await this.at('form[name=remove-form]', 'remove the device')
    await page.press('form[name=remove-form] a')
    await page.press('a[href^="/settings/unlink"]')
    await this.at('form[name=unlink-form]', 'withdraw the consent')
    await page.press('form[name=unlink-form] a')
    await page.shows('.rows .link')
    await this.signOut()
    await page.go(`${base}/teaser?compositeId=${COMPOSITE}&loginUri=/settings&remindLaterUri=/later`)
    await this.at('.hero', 'teaser')
    await page.go(`${base}/-/design`)
    await this.at('#pills', 'parts of pages')
    await page.go(`${base}/no-such-page`)
    await this.at('main h1', 'page that does not exist', { refused: true })
  }
}
