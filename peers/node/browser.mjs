// A customer's browser without a window: keeps cookies, reads forms, fills them in and sends them.
//
// It knows the pages only by what readers in the field know: names of forms, fields and buttons
// (docs/spec/setup-pages.md#page-reader-hooks).

import { CUSTOMER } from './server.mjs'

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const unescape = (text) =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) =>
    name ? (ENTITIES[name] ?? whole) : String.fromCodePoint(parseInt(hex ?? decimal, hex ? 16 : 10)),
  )

const attributes = (tag) =>
  Object.fromEntries([...tag.matchAll(/([\w-]+)(?:\s*=\s*"([^"]*)")?/g)].map(([, n, v]) => [n, unescape(v ?? '')]))

/** Every form of a page: its attributes, the fields that are sent as the page came, and its buttons by name. */
export function forms(html) {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, head, inside]) => {
    const form = { ...attributes(head), fields: {}, buttons: {} }
    for (const [, kind, rest] of inside.matchAll(/<(input|button)\b([^>]*)>/g)) {
      const tag = attributes(rest)
      if (!tag.name) continue
      if (kind === 'button') form.buttons[tag.name] = tag.value ?? ''
      else if (!['radio', 'checkbox'].includes(tag.type) || 'checked' in tag) form.fields[tag.name] = tag.value ?? ''
    }
    return form
  })
}

/** What the customer does on each page, by the form's name: fields to fill in, and a button to press. */
export const CONSENTS = {
  signIn: { fill: CUSTOMER },
  'consent-form': { press: 'consentApproved' },
  'slot-form': {},
  'overview-form': { press: 'completeSetup' },
}

export class Browser {
  #cookies = new Map()

  /** Sends one request, and keeps the cookies of its answer. */
  async send(method, url, body) {
    const headers = { accept: 'text/html' }
    if (this.#cookies.size) headers.cookie = [...this.#cookies].map(([n, v]) => `${n}=${v}`).join('; ')
    const reply = await fetch(url, { method, headers, body, redirect: 'manual' })
    for (const cookie of reply.headers.getSetCookie()) {
      const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/)
      if (/;\s*max-age=0\b/i.test(cookie)) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return reply
  }

  /**
   * Opens `url` and goes from page to page until one leads to another site. Returns that address, and the form
   * targets passed on the way.
   */
  async walk(url, does = CONSENTS) {
    const site = new URL(url).origin
    const passed = []
    let reply = await this.send('GET', url)
    for (let step = 0; step < 30; step++) {
      const location = reply.headers.get('location')
      if (location) {
        const next = new URL(location, url)
        if (next.origin !== site) return { target: new URL(location), passed }
        reply = await this.send('GET', next)
        continue
      }
      const html = await reply.text()
      const form = forms(html).find((form) => form.name in does)
      if (reply.status !== 200 || !form) throw new Error(`a dead end after [${passed}]: ${reply.status}\n${html}`)
      passed.push(form.action)
      const { fill, press } = does[form.name]
      const fields = { ...form.fields, ...fill }
      if (press && !(press in form.buttons)) throw new Error(`${form.name} has no button ${press}`)
      if (press) fields[press] = form.buttons[press]
      reply = await this.send(form.method.toUpperCase(), new URL(form.action, url), new URLSearchParams(fields))
    }
    throw new Error(`the pages lead in circles: ${passed}`)
  }
}
