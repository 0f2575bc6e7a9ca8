// The device of the walk, with its maker's cloud: it is linked with a code, reports levels day by day, and asks for a
// reorder.

import { equal } from './checks.mjs'
import { CARTRIDGE, FILTER, WEB, versions } from './server.mjs'

/** What is left of the filter's 150 litres at the end of each day: it runs out, is replaced, and runs out again. */
const LITRES = [96, 71, 49, 30, 12, 148, 129, 104, 81, 66, 44, 21]

/** The last of them, as the pages show it. */
export const PERCENT_LEFT = '14%'

export class Device {
  constructor(base) {
    this.base = base
  }

  async link(code) {
    await this.#grant({ grant_type: 'authorization_code', code, redirect_uri: WEB.redirect })
  }

  /** Reports a level each day, and at last asks for a reorder. */
  async use() {
    for (const litres of LITRES) {
      await this.#moveClock('24h')
      await this.#grant({ grant_type: 'refresh_token', refresh_token: this.tokens.refresh_token })
      await this.#report(FILTER, litres, 150)
    }
    await this.#report(CARTRIDGE, 3, 4)
    await this.#call('Replenish', `/replenish/${FILTER}`, {})
  }

  /** The server's time in seconds. */
  async now() {
    const { now } = await (await fetch(`${this.base}/-/clock`)).json()
    return Date.parse(now) / 1000
  }

  /** Time passes. */
  wait(span) {
    return this.#moveClock(span)
  }

  #report(slot, remainingQuantityInUnit, originalQuantityInUnit) {
    return this.#call('SlotStatus', `/slotStatus/${slot}`, { remainingQuantityInUnit, originalQuantityInUnit })
  }

  /** A call of the device API. */
  async #call(type, path, body) {
    const headers = { authorization: `Bearer ${this.tokens.access_token}`, ...versions(`Drs${type}`) }
    await this.#post(type, path, headers, body)
  }

  async #moveClock(advance) {
    await this.#post('clock', '/-/clock', {}, { advance })
  }

  async #post(what, path, headers, json) {
    const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(json) }
    equal((await fetch(this.base + path, init)).status, 200, what)
  }

  async #grant(fields) {
    const body = new URLSearchParams({ client_id: WEB.id, client_secret: WEB.secret, ...fields })
    const reply = await fetch(`${this.base}/auth/o2/token`, { method: 'POST', body })
    equal(reply.status, 200, 'tokens')
    this.tokens = await reply.json()
  }
}
