// npm `sns-validator`, `sns-payload-validator` and `standardwebhooks`: what makers' receivers in Node check pushes with.
//
// Run by notifications.mjs with: how our server is named, its address, its data folder, and a certificate to receive
// with. own-name: the server calls itself what it is, and `sns-validator` is told so by its argument. amazon-like: it has
// a name of the form that both validators insist on, and they are as they come; what DNS would do is done by Node's agent.

import https from 'node:https'
import MessageValidator from 'sns-validator'
import SnsPayloadValidator from 'sns-payload-validator'
import { Webhook } from 'standardwebhooks'
import { check, equal, tally, thrown } from './checks.mjs'
import { PROFILE, WEB, opendrs, versions } from './server.mjs'

const [how, base, data, certificate] = process.argv.slice(2)
const { hostname, port } = new URL(base)

/** Asks our server whatever name is asked, as private DNS and its port 443 would; certificates are checked by that name. */
class Dns extends https.Agent {
  createConnection(options, connected) {
    return super.createConnection({ ...options, host: hostname, port }, connected)
  }
}

const VALIDATORS = {}
if (how === 'own-name') {
  VALIDATORS['sns-validator'] = new MessageValidator(/^127\.0\.0\.1:\d+$/)
} else {
  https.globalAgent = new Dns()
  VALIDATORS['sns-validator'] = new MessageValidator()
  const other = new SnsPayloadValidator()
  VALIDATORS['sns-payload-validator'] = { validate: (message, done) => other.validate({ ...message }, done) }
}
const validate = (name, message) =>
  new Promise((resolve, reject) => {
    VALIDATORS[name].validate(message, (error, valid) => (error ? reject(error) : resolve(valid)))
  })

const get = (url) =>
  new Promise((resolve, reject) => {
    const answered = (reply) => {
      const parts = []
      reply.on('data', (part) => parts.push(part))
      reply.on('end', () => resolve({ status: reply.statusCode, text: Buffer.concat(parts).toString() }))
    }
    https.get(url, answered).on('error', reject)
  })

/** Takes whatever is posted to it, and keeps it. */
class Receiver {
  #got = []
  #waiting = []

  async start() {
    this.server = https.createServer(JSON.parse(certificate), (request, reply) => {
      const parts = []
      request.on('data', (part) => parts.push(part))
      request.on('end', () => {
        reply.end()
        const got = { headers: request.headers, body: Buffer.concat(parts).toString() }
        const waiting = this.#waiting.shift()
        if (waiting) waiting(got)
        else this.#got.push(got)
      })
    })
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    this.url = `https://127.0.0.1:${this.server.address().port}/drs`
    return this
  }

  next() {
    if (this.#got.length) return this.#got.shift()
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('nothing came for a minute')), 60_000)
      this.#waiting.push((got) => resolve(got) ?? clearTimeout(late))
    })
  }
}

/** A message with one thing changed, for each thing that is signed; the webhook's signature covers all of it anyway. */
function* tampered(message) {
  yield { ...message, Message: message.Message + ' ' }
  yield { ...message, MessageId: message.MessageId.replace(/.$/, (last) => (last === '0' ? '1' : '0')) }
  yield { ...message, Timestamp: message.Timestamp.replace(/\d{3}Z$/, '999Z') }
  yield { ...message, TopicArn: message.TopicArn + 's' }
  if (message.Subject) yield { ...message, Subject: message.Subject + '!' }
  yield { ...message, SignatureVersion: message.SignatureVersion === '1' ? '2' : '1' }
  if (message.Token) yield { ...message, Token: message.Token + '0' }
}

async function good(message, validators = Object.keys(VALIDATORS)) {
  for (const name of validators) {
    equal(await validate(name, message), message, `${name}'s message`)
    for (const other of tampered(message)) {
      const error = await thrown(() => validate(name, other))
      equal(/signature/i.test(error.message), true, `${name} refuses ${JSON.stringify(other)}: ${error.message}`)
    }
  }
}

const webhook = (topic, { body, headers }) => {
  const verifier = new Webhook(topic.webhook_secret)
  equal(verifier.verify(body, headers), JSON.parse(body), "the webhook's body")
  let taken
  try {
    taken = verifier.verify(body + ' ', headers)
  } catch {
    return
  }
  throw new Error(`a tampered webhook was taken: ${taken}`)
}

/** A topic at a receiver of its own, which has said yes. */
async function topic(name, ...words) {
  const receiver = await new Receiver().start()
  const made = await opendrs(data, 'topic', 'add', name, receiver.url, '--profile', PROFILE, '--json', '--show-secrets', ...words)
  const question = await receiver.next()
  const message = JSON.parse(question.body)
  equal([message.Type, 'Subject' in message], ['SubscriptionConfirmation', false], 'the question')
  equal(message.Message.includes('\n'), true, 'lines in the question')
  await good(message)
  webhook(made, question)
  const answer = await get(message.SubscribeURL)
  equal([answer.status, answer.text.includes(made.subscription_arn)], [200, true], 'ConfirmSubscription')
  return { ...made, receiver }
}

const topics = []
for (const version of ['1', '2']) {
  await check(`${how}, signature version ${version}: the question verifies and confirming is answered`, async () => {
    topics.push(await topic(`v${version}`, '--signature-version', version))
  })
}
await check(`${how}: a raw topic's question verifies`, async () => topics.push(await topic('raw', '--raw')))

await check(`${how}: notifications of every sort of text verify, tampered ones do not`, async () => {
  const unit = `NODE-${how}`
  const words = ['device', 'link', '--client', WEB.id, '--model', 'Peer-Pourer_3', '--serial', unit]
  const { access_token } = await opendrs(data, ...words, '--customer', 'customer@example.com')
  const headers = { authorization: `Bearer ${access_token}`, ...versions('DrsReplenish') }
  const placed = await fetch(`${base}/replenish/pods`, { method: 'POST', headers })
  equal([placed.status, (await placed.text()).slice(0, 37)], [200, '{"detailCode":"STANDARD_ORDER_PLACED"'], 'Replenish')
  for (const { receiver, raw, signature, ...topic } of topics) {
    for (const wanted of ['DeviceRegistered', 'SubscriptionChanged', 'OrderPlaced']) {
      const got = await receiver.next()
      webhook(topic, got)
      const whole = JSON.parse(got.body)
      const message = 'Message' in whole ? JSON.parse(whole.Message) : whole
      equal(message.notificationInfo.notificationType, `${wanted}Notification`, 'type')
      if (wanted === 'OrderPlaced') {
        equal(message.orderInfo.productInfo[0].unit, '"pods" \\ é 🫖 </script>', 'every character')
      }
      if (whole === message) continue
      equal([whole.Type, whole.Subject], ['Notification', 'DRS Notification'], 'Type and Subject')
      await good(whole)
    }
  }
})

await check(`${how}: leaving is confirmed by a signed message`, async () => {
  const [{ receiver, subscription_arn }] = topics
  const query = new URLSearchParams({ Action: 'Unsubscribe', SubscriptionArn: subscription_arn })
  const answer = await get(`${base}/?${query}`)
  equal(answer.status, 200, 'Unsubscribe')
  const message = JSON.parse((await receiver.next()).body)
  equal(message.Type, 'UnsubscribeConfirmation', 'Type')
  // sns-validator signs this type without its Token, which Amazon does not; it takes Amazon's no more than ours.
  const able = Object.keys(VALIDATORS).filter((name) => name !== 'sns-validator')
  await good(message, able)
  equal((await thrown(() => validate('sns-validator', message))).message, 'The message signature is invalid.', 'its word')
})

// Whatever still listens or waits ends with it.
process.send(tally, () => process.exit())
