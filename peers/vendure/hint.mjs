// A plugin for a Vendure shop: whenever an order moves on, it tells OpenDRS to look at it.
//
// It is the example of docs/fulfilment.md, as it runs in the test. A hint that is lost costs nothing but time: OpenDRS
// looks at its orders by itself, every `fulfilment.vendure_poll`.

import { EventBus, OrderStateTransitionEvent, PluginCommonModule, VendurePlugin } from '@vendure/core'
import { createHmac, randomUUID } from 'node:crypto'

/** OpenDRS's `/-/fulfilment/vendure`, and one of `fulfilment.vendure_hint_secrets`. */
export const target = { url: process.env.OPENDRS_HINT_URL, secret: process.env.OPENDRS_HINT_SECRET }

async function hint(order) {
  const [id, timestamp, body] = [randomUUID(), Math.floor(Date.now() / 1000), JSON.stringify({ order })]
  const key = Buffer.from(target.secret.replace('whsec_', ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': `${timestamp}`,
    'webhook-signature': `v1,${signature}`,
  }
  await fetch(target.url, { method: 'POST', headers, body, signal: AbortSignal.timeout(5000) })
}

export class HintPlugin {
  constructor(events) {
    events.ofType(OrderStateTransitionEvent).subscribe(({ order }) => {
      if (target.url) hint(order.code).catch((error) => console.error(`OpenDRS was not told: ${error.message}`))
    })
  }
}
// What TypeScript's decorators would say.
Reflect.defineMetadata('design:paramtypes', [EventBus], HintPlugin)
VendurePlugin({ imports: [PluginCommonModule], compatibility: '^3.6.0' })(HintPlugin)
