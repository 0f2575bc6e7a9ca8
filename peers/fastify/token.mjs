// The token endpoint of oidc-provider, in memory: node token.mjs FLEET
//
// Writes a fleet file with refresh tokens of its own, since it knows only those that it made, and prints its address.
// The grant, a public client's refresh token without rotation, is the one that OpenDRS is measured with.

import { writeFileSync } from 'node:fs'
import Provider from 'oidc-provider'

const CLIENT = 'bench'
const DEVICES = 100

/** Everything in one map; the package's own forgets after a thousand entries. */
const rows = new Map()
class Memory {
  constructor(model) {
    this.model = model
  }
  async upsert(id, payload) {
    rows.set(`${this.model}:${id}`, payload)
  }
  async find(id) {
    return rows.get(`${this.model}:${id}`)
  }
  async destroy(id) {
    rows.delete(`${this.model}:${id}`)
  }
  async consume(id) {
    rows.get(`${this.model}:${id}`).consumed = Math.floor(Date.now() / 1000)
  }
  async revokeByGrantId() {}
  async findByUid() {}
  async findByUserCode() {}
}

const provider = new Provider('http://127.0.0.1', {
  adapter: Memory,
  clients: [
    {
      client_id: CLIENT,
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://127.0.0.1:8100/linked'],
      application_type: 'native',
    },
  ],
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  rotateRefreshToken: false,
  routes: { token: '/auth/o2/token' },
  scopes: ['offline_access', 'dash:replenish'],
  ttl: { AccessToken: 3600, Grant: 86400, RefreshToken: 86400 },
})

const client = await provider.Client.find(CLIENT)
let fleet = ''
for (let n = 0; n < DEVICES; n++) {
  const accountId = `customer-${n}`
  const grant = new provider.Grant({ accountId, clientId: CLIENT })
  grant.addOIDCScope('offline_access dash:replenish')
  const grantId = await grant.save()
  const scope = 'offline_access dash:replenish'
  const refresh = new provider.RefreshToken({ accountId, client, grantId, gty: 'authorization_code', scope })
  const unit = { access_token: 'none', refresh_token: await refresh.save(), client_id: CLIENT, slots: ['none'] }
  fleet += `${JSON.stringify(unit)}\n`
}
writeFileSync(process.argv[2], fleet, { mode: 0o600 })
const server = provider.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
process.once('SIGTERM', () => process.exit(0))
