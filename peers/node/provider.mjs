// A real OpenID provider, npm `oidc-provider`, with people, a page to sign in and a button to cancel.
//
// It is at `localhost`, which is another site than 127.0.0.1, so a browser comes from it as from a stranger. It demands PKCE
// with S256, and it takes each code once.

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Oidc from 'oidc-provider'

/** Both have characters that HTTP Basic must encode (RFC 6749 2.3.1). */
const CLIENT = { client_id: 'drs & co', client_secret: 's3cret:%+' }

/** The provider's name for customers. */
export const PROVIDER_NAME = 'Aqua Shop'

/** What it keeps for a while. */
const LIVES = ['AccessToken', 'AuthorizationCode', 'Grant', 'IdToken', 'Interaction', 'Session']

const signInPage = (path) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title>
<link rel="icon" href="data:,">
<form name="provider" method="post" action="${path}"><label>Who are you? <input name="login"></label>
<button name="go" value="1">Sign in</button><button name="cancel" value="1">Cancel</button></form></html>`

/** A key that signs ID tokens. */
function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'peer' }
}

async function readForm(request) {
  const parts = []
  for await (const part of request) parts.push(part)
  return new URLSearchParams(Buffer.concat(parts).toString())
}

/**
 * Starts a provider for `people`: claims by the name with which they sign in. A server gets `env`, and is registered with
 * `register`. `asked` has the parameters of every authorization request.
 */
export async function startProvider(people) {
  const asked = []
  let oidc
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, issuer)
    if (url.pathname === '/auth') asked.push(Object.fromEntries(url.searchParams))
    if (!url.pathname.startsWith('/interaction/')) return oidc.callback()(request, response)
    if (request.method === 'GET') return response.setHeader('content-type', 'text/html').end(signInPage(url.pathname))
    const form = await readForm(request)
    const cancelled = { error: 'access_denied', error_description: 'The person cancelled.' }
    const result = form.has('cancel') ? cancelled : { login: { accountId: form.get('login') } }
    return oidc.interactionFinished(request, response, result)
  })
  await new Promise((resolve) => server.listen(0, 'localhost', resolve))
  const issuer = `http://localhost:${server.address().port}`
  const file = join(tmpdir(), `opendrs-provider-${server.address().port}`)
  writeFileSync(file, `${CLIENT.client_secret}\n`)
  const env = {
    OPENDRS_FEDERATION_ISSUER: issuer,
    OPENDRS_FEDERATION_CLIENT_ID: CLIENT.client_id,
    OPENDRS_FEDERATION_CLIENT_SECRET_FILE: file,
    OPENDRS_FEDERATION_NAME: PROVIDER_NAME,
  }
  const remove = () => rmSync(file, { force: true })
  process.once('exit', remove)

  const register = (base) => {
    const client = {
      ...CLIENT,
      redirect_uris: [`${base}/ap/federated/callback`],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
    }
    oidc = new Oidc(issuer, {
      clients: [client],
      jwks: { keys: [signingKey()] },
      cookies: { keys: [randomBytes(32).toString('hex')] },
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      features: { devInteractions: { enabled: false } },
      findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      // The brand's own service: nobody is asked whether it may know who they are.
      loadExistingGrant: async ({ oidc: { provider, client, session } }) => {
        const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
        grant.addOIDCScope('openid email profile')
        await grant.save()
        return grant
      },
      ttl: Object.fromEntries(LIVES.map((kind) => [kind, 600])),
      renderError: (ctx, { error, error_description }) => (ctx.body = `${error}: ${error_description}`),
      pkce: { methods: ['S256'], required: () => true },
    })
  }
  const stop = () => {
    remove()
    server.close()
    server.closeAllConnections?.()
  }
  return { issuer, env, asked, register, stop }
}

/** What a person does in a browser at the provider's page. */
export async function signInAtProvider(page, login) {
  await page.type('form[name=provider] input[name=login]', login)
  await page.press('form[name=provider] button[name=go]')
}

/** The provider no longer remembers who used the browser. */
export async function forgetPerson(page, issuer) {
  const { cookies } = await page.send('Network.getCookies', { urls: [`${issuer}/`] })
  for (const { name, domain, path } of cookies) await page.send('Network.deleteCookies', { name, domain, path })
}

/** What a person does there in a browser without a window. */
export const signsIn = (login) => ({ provider: { fill: { login }, press: 'go' } })
