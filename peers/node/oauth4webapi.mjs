// npm `oauth4webapi`, the strict one: proves that the whole life of a link - authorize, pages, code, refresh, calls,
// replay, deregistration - passes a client that checks every answer against the OAuth RFCs.

import * as oauth from 'oauth4webapi'
import { Browser, CONSENTS } from './browser.mjs'
import { check, equal, thrown, tokens } from './checks.mjs'
import { ANDROID, CARTRIDGE, FILTER, MODEL, PROTOTYPE, WEB, scopeData, serial, versions } from './server.mjs'

// The server speaks plain http on the loopback interface.
const PLAIN = { [oauth.allowInsecureRequests]: true }
const SECRET = oauth.ClientSecretPost(WEB.secret)

export default async function oauth4webapi(base) {
  const as = { issuer: base, authorization_endpoint: `${base}/ap/oa`, token_endpoint: `${base}/auth/o2/token` }

  /** One authorization: URL, pages, answer. */
  async function authorize(app, params = {}, does = CONSENTS, browser = new Browser()) {
    const client = { client_id: app.id }
    const state = params.state ?? oauth.generateRandomState()
    const query = { client_id: app.id, redirect_uri: app.redirect, response_type: 'code', scope: 'dash:replenish' }
    const url = new URL(as.authorization_endpoint)
    url.search = new URLSearchParams({ ...query, scope_data: scopeData(serial()), ...params, state })
    const { target, passed } = await browser.walk(url, does)
    equal(target.href.startsWith(`${app.redirect}?`), true, `answer at the redirect URI: ${target}`)
    return { answer: oauth.validateAuthResponse(as, client, target, state), passed }
  }
  const exchange = async (app, auth, { answer }, verifier = oauth.nopkce) => {
    const client = { client_id: app.id }
    const reply = await oauth.authorizationCodeGrantRequest(as, client, auth, answer, app.redirect, verifier, PLAIN)
    return oauth.processAuthorizationCodeResponse(as, client, reply)
  }
  const refresh = async (app, auth, token) => {
    const client = { client_id: app.id }
    const reply = await oauth.refreshTokenGrantRequest(as, client, auth, token, PLAIN)
    return oauth.processRefreshTokenResponse(as, client, reply)
  }
  const call = async (token, method, path, headers) => {
    const url = new URL(path, base)
    const reply = await oauth.protectedResourceRequest(token, method, url, new Headers(headers), null, PLAIN)
    return { status: reply.status, body: await reply.json() }
  }
  const subscriptions = (token) => call(token, 'GET', '/subscriptionInfo', versions('DrsSubscriptionInfo', '2.0'))
  const dead = async (token) =>
    equal(await subscriptions(token), { status: 400, body: { message: 'Invalid token' } }, 'a call with a dead token')
  const refused = async (error, work, description) => {
    const { error: code, error_description, status } = await thrown(work)
    equal([status, code], [400, error], 'refusal')
    if (description) equal(error_description, description, 'its words')
  }

  const verifier = oauth.generateRandomCodeVerifier()
  const s256 = {
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }

  const linked = await check('oauth4webapi: a confidential client links a device through the pages, with S256', async () => {
    const auth = await authorize(WEB, s256)
    const pages = ['/ap/signin', '/ap/consent', '/slot_action', '/slot_action', '/setup_overview']
    equal(auth.passed, pages, 'the pages')
    equal(auth.answer.get('scope'), 'dash:replenish', 'scope')
    const result = await exchange(WEB, SECRET, auth, verifier)
    tokens(result)
    return { ...result, auth }
  })

  await check('oauth4webapi: subscriptionInfo tells both slots and their products', async () => {
    const slot = (asin, quantity) => ({ subscribed: true, productInfoList: [{ asin, quantity, unit: 'count' }] })
    const slots = { [FILTER]: slot('B00PEER001', 3), [CARTRIDGE]: slot('B00PEER003', 1) }
    equal(await subscriptions(linked.access_token), { status: 200, body: { slotsSubscriptionStatus: slots } }, 'answer')
  })

  await check('oauth4webapi: ten refreshes, and the first refresh token still works', async () => {
    let last = linked
    for (let n = 0; n < 10; n++) {
      last = await refresh(WEB, SECRET, last.refresh_token)
      tokens(last)
    }
    const again = await refresh(WEB, SECRET, linked.refresh_token)
    for (const { access_token } of [linked, last, again]) {
      equal((await subscriptions(access_token)).status, 200, 'an access token of the ten')
    }
  })

  await check('oauth4webapi: a replayed code is invalid_grant, and what its first use gave dies', async () => {
    await refused(
      'invalid_grant',
      () => exchange(WEB, SECRET, linked.auth, verifier),
      'The request has an invalid grant parameter : code',
    )
    await dead(linked.access_token)
    await refused('invalid_grant', () => refresh(WEB, SECRET, linked.refresh_token))
  })

  await check('oauth4webapi: a confidential client links without PKCE; consent is not asked for twice', async () => {
    const auth = await authorize(WEB)
    equal(auth.passed, ['/ap/signin', '/slot_action', '/slot_action', '/setup_overview'], 'the pages')
    tokens(await exchange(WEB, SECRET, auth))
  })

  await check('oauth4webapi: a wrong verifier is invalid_grant, and so is none', async () => {
    const auth = await authorize(WEB, s256)
    await refused('invalid_grant', () => exchange(WEB, SECRET, auth, oauth.generateRandomCodeVerifier()))
    await refused('invalid_grant', () => exchange(WEB, SECRET, auth, verifier))
    const other = await authorize(WEB, s256)
    await refused('invalid_grant', () => exchange(WEB, SECRET, other))
  })

  await check('oauth4webapi: a wrong secret is 401 with a challenge for Basic, and invalid_client in the body', async () => {
    const auth = await authorize(WEB)
    const wrong = 'f'.repeat(64)
    const basic = await thrown(() => exchange(WEB, oauth.ClientSecretBasic(wrong), auth))
    equal([basic.status, basic.cause[0].scheme], [401, 'basic'], 'challenge')
    const { error, status } = await thrown(() => exchange(WEB, oauth.ClientSecretPost(wrong), auth))
    equal([status, error], [401, 'invalid_client'], 'refusal')
    tokens(await exchange(WEB, oauth.ClientSecretBasic(WEB.secret), auth))
  })

  await check('oauth4webapi: a public client links with S256 and no secret', async () => {
    const auth = await authorize(ANDROID, s256)
    const result = await exchange(ANDROID, oauth.None(), auth, verifier)
    tokens(result)
    tokens(await refresh(ANDROID, oauth.None(), result.refresh_token))
    await refused('invalid_grant', () => refresh(WEB, SECRET, result.refresh_token))
  })

  await check('oauth4webapi: a public client links with plain, said or not', async () => {
    for (const method of [{ code_challenge_method: 'plain' }, {}]) {
      const auth = await authorize(ANDROID, { code_challenge: verifier, ...method })
      tokens(await exchange(ANDROID, oauth.None(), auth, verifier))
    }
  })

  await check("oauth4webapi: the Android SDK's state comes back letter by letter", async () => {
    const state = `clientId=${ANDROID.id}&redirectUri=${ANDROID.redirect}&clientRequestId=4f-7&InteractiveRequestType=x%20+y`
    await authorize(ANDROID, { ...s256, state })
  })

  await check('oauth4webapi: a public client without PKCE is told invalid_request', async () => {
    const { error, error_description } = await thrown(() => authorize(ANDROID))
    equal([error, error_description], ['invalid_request', 'Must provide code challenge parameter.'], 'answer')
  })

  await check('oauth4webapi: who does not consent sends access_denied', async () => {
    // A scope more than before, so that consent is asked for again.
    const no = { ...CONSENTS, 'consent-form': { press: 'consentDenied' } }
    const { error, error_description } = await thrown(() => authorize(WEB, { scope: 'dash:replenish profile' }, no))
    equal([error, error_description], ['access_denied', 'Access not permitted.'], 'answer')
  })

  await check('oauth4webapi: tokeninfo and profile tell the scopes that were granted', async () => {
    const { access_token } = await exchange(WEB, SECRET, await authorize(WEB, { scope: 'dash:replenish profile' }))
    const profile = await call(access_token, 'GET', '/user/profile')
    equal(profile.status, 200, 'status')
    const { user_id, ...rest } = profile.body
    equal(rest, { email: 'customer@example.com', name: 'Peer Customer' }, 'profile')
    const query = new URLSearchParams({ access_token })
    const info = await (await fetch(`${base}/auth/o2/tokeninfo?${query}`)).json()
    equal([info.aud, info.user_id], [WEB.id, user_id], 'audience and customer')
  })

  await check('oauth4webapi: a model that is not live needs the flag', async () => {
    const model = (more) => ({ scope_data: scopeData(serial(), PROTOTYPE, more) })
    equal((await thrown(() => authorize(WEB, model()))).error, 'invalid_request', 'without')
    const flags = { should_include_non_live: 'true', is_test_device: 'true' }
    tokens(await exchange(WEB, SECRET, await authorize(WEB, model(flags))))
  })

  await check('oauth4webapi: deregistration kills tokens, refresh tokens and a code not used yet', async () => {
    const unit = { scope_data: scopeData(serial(), MODEL) }
    const browser = new Browser()
    const first = await exchange(WEB, SECRET, await authorize(WEB, unit, CONSENTS, browser))
    const unused = await authorize(WEB, unit, CONSENTS, browser)
    equal(unused.passed.includes('/ap/signin'), false, 'signed in already')
    const ended = await call(first.access_token, 'DELETE', '/registration', versions('DrsDeregister'))
    equal(ended, { status: 200, body: {} }, 'deregistration')
    await dead(first.access_token)
    await refused('invalid_grant', () => refresh(WEB, SECRET, first.refresh_token))
    await refused('invalid_grant', () => exchange(WEB, SECRET, unused))
  })
}
