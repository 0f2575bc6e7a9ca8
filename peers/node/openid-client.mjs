// npm `openid-client`: proves HTTP Basic with the form-encoded id and secret of RFC 6749 2.3.1, and a device that is
// its own client, public and on a loopback redirect; and a client that lives by RFC 9700, found by discovery.

import * as client from 'openid-client'
import { Browser } from './browser.mjs'
import { check, equal, thrown, tokens } from './checks.mjs'
import { DEVICE, STRICT, WEB, scopeData, serial, versions } from './server.mjs'

export default async function openidClient(base) {
  const as = { issuer: base, authorization_endpoint: `${base}/ap/oa`, token_endpoint: `${base}/auth/o2/token` }

  async function link(app, authentication) {
    const config = new client.Configuration(as, app.id, undefined, authentication)
    client.allowInsecureRequests(config)
    const checks = { pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState() }
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: app.redirect,
      scope: 'dash:replenish',
      scope_data: scopeData(serial()),
      state: checks.expectedState,
      code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: 'S256',
    })
    const { target } = await new Browser().walk(url)
    const result = await client.authorizationCodeGrant(config, target, checks)
    tokens(result)
    equal(result.expiresIn() > 3500, true, 'time left')
    const again = () => client.authorizationCodeGrant(config, target, checks)
    return { config, result, again }
  }
  const subscriptions = async ({ config }, token) => {
    const headers = new Headers(versions('DrsSubscriptionInfo'))
    const url = new URL(`${base}/subscriptionInfo`)
    return (await client.fetchProtectedResource(config, token, url, 'GET', null, headers)).status
  }

  for (const [name, app, authentication] of [
    ['a confidential client, HTTP Basic', WEB, client.ClientSecretBasic(WEB.secret)],
    ['a confidential client, secret in the body', WEB, client.ClientSecretPost(WEB.secret)],
    ['a device that is its own client', DEVICE, client.None()],
  ]) {
    await check(`openid-client: ${name}: link, call, refresh, call`, async () => {
      const linked = await link(app, authentication)
      equal(await subscriptions(linked, linked.result.access_token), 200, 'first token')
      const fresh = await client.refreshTokenGrant(linked.config, linked.result.refresh_token)
      tokens(fresh)
      equal(await subscriptions(linked, fresh.access_token), 200, 'second token')
      const { error, status } = await thrown(linked.again)
      equal([status, error], [400, 'invalid_grant'], 'the code again')
    })
  }

  // It asks the server what it offers, and compares who answered (RFC 8414, RFC 9207).
  await check('openid-client: a strict client by discovery: link, call, three refreshes, and a token that came back', async () => {
    const more = { algorithm: 'oauth2', execute: [client.allowInsecureRequests] }
    const config = await client.discovery(new URL(base), STRICT.id, undefined, client.ClientSecretBasic(STRICT.secret), more)
    equal(config.serverMetadata().code_challenge_methods_supported, ['S256'], 'challenge methods')
    const checks = { pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState() }
    const asked = {
      redirect_uri: STRICT.redirect,
      scope: 'dash:replenish',
      scope_data: scopeData(serial()),
      state: checks.expectedState,
    }
    const s256 = {
      code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: 'S256',
    }
    const { target } = await new Browser().walk(client.buildAuthorizationUrl(config, { ...asked, ...s256 }))
    equal(target.searchParams.get('iss'), base, 'who answers')
    const other = new URL(target)
    other.searchParams.set('iss', 'https://mixed-up.example')
    equal((await thrown(() => client.authorizationCodeGrant(config, other, checks))).code, 'OAUTH_INVALID_RESPONSE', 'a mix-up')
    const linked = await client.authorizationCodeGrant(config, target, checks)
    tokens(linked)
    let last = linked
    const seen = new Set([linked.refresh_token])
    for (let n = 0; n < 3; n++) {
      last = await client.refreshTokenGrant(config, last.refresh_token)
      tokens(last)
      equal(await subscriptions({ config }, last.access_token), 200, 'a token')
      seen.add(last.refresh_token)
    }
    equal(seen.size, 4, 'refresh tokens')
    const { error, status } = await thrown(() => client.refreshTokenGrant(config, linked.refresh_token))
    equal([status, error], [400, 'invalid_grant'], 'the first one again')
    equal(await subscriptions({ config }, last.access_token), 400, 'what it gave')
    const { target: plain } = await new Browser().walk(client.buildAuthorizationUrl(config, asked))
    equal(plain.searchParams.get('error'), 'invalid_request', 'without a challenge')
  })
}
