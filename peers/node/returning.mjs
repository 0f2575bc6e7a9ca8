// A sign-up that does not go straight on, with Chromium: Back and reload at each step, a cookie that is lost, a session that
// has ended, and a browser without cookies. Each leads on, and what was chosen is kept while the session lasts.

import { check, equal } from './checks.mjs'
import { launch } from './chromium.mjs'
import { TELEPHONE, inspect } from './inspect.mjs'
import { CARTRIDGE, CUSTOMER, FILTER, WEB, scopeData, serial, start } from './server.mjs'

const CONSENT = 'form[name=consent-form]'
const slot = (id) => `form[name=slot-form] input[name=slotId][value="${id}"]`
const OVERVIEW = 'form[name=overview-form]'
/** The product that is not offered first, and its title on a page. */
const OTHER = 'input[name=asin][value=B00PEER002]'
const TITLE = 'Water filter &amp; jug'
/** A page that says what is the matter has a way on. */
const WAY_ON = 'main a.button'

/** The button that leads on from each page. */
const FORWARD = {
  [CONSENT]: 'button[name=consentApproved]',
  [slot(FILTER)]: 'button.a-button-input',
  [slot(CARTRIDGE)]: 'button.a-button-input',
}

export default async function returning() {
  const server = await start()
  const browser = await launch()
  const { base } = server
  const visit = async (name, work) => {
    const page = await browser.open()
    await page.view(TELEPHONE)
    const look = (state = {}) => inspect(page, base, state)
    await check(`Chromium: a sign-up ${name}`, () => work(page, look))
    await page.close()
  }
  try {
    await visit('with Back and reload at each step keeps what was chosen', (page) => goesBack(page, base))
    await visit('goes on without the cookie that names it', (page) => losesSignup(page, base))
    await visit('of a browser that lost its session has a page and can begin again', (page, look) => losesSession(page, base, look))
    await visit('whose session has ended has a page and can begin again', async (page, look) => {
      await signIn(page, base)
      await fetch(`${base}/-/clock`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"advance":"25h"}' })
      await page.follow(FORWARD[await here(page)])
      await look({ refused: true })
      equal(await page.has(WAY_ON), true, 'a way on')
      await signIn(page, base)
      await complete(page)
    })
  } finally {
    await browser.stop()
  }
  const strict = await launch({ cookies: false })
  try {
    await check('Chromium: without cookies, a page says so', () => saysSo(strict, base))
  } finally {
    await strict.stop()
    await server.stop()
  }
}

/** The page of the sign-up on which the browser is. */
const here = (page) => page.either(OVERVIEW, ...Object.keys(FORWARD))

async function begin(page, base) {
  const client = { client_id: WEB.id, redirect_uri: WEB.redirect, response_type: 'code' }
  const unit = { scope: 'dash:replenish', scope_data: scopeData(serial()) }
  await page.turn('begin', () => page.go(`${base}/ap/oa?${new URLSearchParams({ ...client, ...unit })}`))
}

async function signIn(page, base) {
  await begin(page, base)
  await page.type('#ap_email', CUSTOMER.email)
  await page.type('#ap_password', CUSTOMER.password)
  await page.follow('#signInSubmit')
}

/** Goes on to the overview, and chooses the other filter on the way; `after` each page. */
async function choose(page, after = async () => {}) {
  for (;;) {
    const at = await here(page)
    if (at === OVERVIEW) return
    if (at === slot(FILTER)) await page.press(OTHER)
    await page.follow(FORWARD[at])
    await after()
  }
}

/** Completes the sign-up: the browser arrives at the maker's site, after a page of ours. */
async function complete(page) {
  await choose(page)
  equal((await page.html(OVERVIEW)).includes(TITLE), true, 'the chosen filter')
  await page.press('button[name=completeSetup]')
  await page.until("arrive at the maker's site", () => page.requested.some((url) => url.startsWith(`${WEB.redirect}?code=`)))
}

async function goesBack(page, base) {
  await signIn(page, base)
  // After Back, the browser shows the page that the server holds to be next: what was chosen is not asked again. Back from
  // the first slot leads to the consent, and so to that slot again.
  const wandered = new Set()
  const wander = async () => {
    const at = await here(page)
    if (wandered.has(at)) return
    wandered.add(at)
    await page.reload()
    equal(await here(page), at, 'the page after a reload')
    await page.back()
    await page.reload()
  }
  await wander()
  await choose(page, wander)
  equal(wandered.size, 4, 'pages at which the browser went back')
  await complete(page)
}

async function losesSignup(page, base) {
  await signIn(page, base)
  const lose = () => page.loseCookie('opendrs-signup')
  await lose()
  await choose(page, lose)
  await complete(page)
}

async function losesSession(page, base, look) {
  await signIn(page, base)
  await page.loseCookie('opendrs')
  await page.follow(FORWARD[await here(page)])
  await look({ refused: true })
  equal((await page.html('main')).includes('cookies'), true, 'the page names cookies')
  equal(await page.has(WAY_ON), true, 'a way on')
  await page.back()
  await page.reload()
  await signIn(page, base)
  await complete(page)
}

async function saysSo(browser, base) {
  const page = await browser.open()
  await page.view(TELEPHONE)
  await signIn(page, base)
  await inspect(page, base, { refused: true })
  equal((await page.html('main')).includes('cookies'), true, 'the page names cookies')
  equal(await page.has(WAY_ON), true, 'a way on')
}
