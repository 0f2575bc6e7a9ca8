// npm `simple-oauth2`, which many makers' clouds run: proves each way it has to send credentials and body - Basic, form
// fields, JSON - and its error reading.

import simple from 'simple-oauth2'
import { Browser } from './browser.mjs'
import { check, equal, thrown, tokens } from './checks.mjs'
import { WEB, scopeData, serial } from './server.mjs'

export default async function simpleOauth2(base) {
  for (const [name, options] of [
    ['Basic header', { authorizationMethod: 'header' }],
    ['Basic header, not form-encoded', { authorizationMethod: 'header', credentialsEncodingMode: 'loose' }],
    ['secret in the form', { authorizationMethod: 'body' }],
    ['secret in a JSON body', { authorizationMethod: 'body', bodyFormat: 'json' }],
  ]) {
    await check(`simple-oauth2: ${name}: link, refresh`, async () => {
      const auth = { tokenHost: base, tokenPath: '/auth/o2/token', authorizePath: '/ap/oa' }
      const client = new simple.AuthorizationCode({ client: { id: WEB.id, secret: WEB.secret }, auth, options })
      const state = `state ${name}`
      const url = client.authorizeURL({
        redirect_uri: WEB.redirect,
        scope: 'dash:replenish',
        scope_data: scopeData(serial()),
        state,
      })
      const { target } = await new Browser().walk(url)
      equal(target.searchParams.get('state'), state, 'state')
      const grant = { code: target.searchParams.get('code'), redirect_uri: WEB.redirect, scope: 'dash:replenish' }
      const linked = await client.getToken(grant)
      tokens(linked.token)
      equal(linked.expired(60), false, 'has expired')
      const fresh = await linked.refresh()
      tokens(fresh.token)
      const { output, data } = await thrown(() => client.getToken(grant))
      equal([output.statusCode, data.payload.error], [400, 'invalid_grant'], 'the code again')
    })
  }
}
