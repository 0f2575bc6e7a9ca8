// The devices of a fleet file, by access token: this is all that the peers know of who may call.

import { readFileSync } from 'node:fs'

/** Access token -> device: its number and its slots. */
export function devices(file) {
  const known = new Map()
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const { access_token: token, slots } = JSON.parse(line)
    known.set(token, { id: known.size, slots: new Set(slots) })
  }
  return known
}
