// One line a check; what failed says why.

import { isDeepStrictEqual } from 'node:util'

export const tally = { passed: 0, failed: 0 }

/** Runs a check, prints its line, hands on what it returned. */
export async function check(name, work) {
  try {
    const result = await work()
    tally.passed++
    console.log(`ok      ${name}`)
    return result
  } catch (error) {
    tally.failed++
    console.log(`FAILED  ${name}\n        ${error.stack ?? error}`)
    if (error.cause) console.log('        cause:', error.cause)
  }
}

export function equal(found, wanted, what) {
  if (!isDeepStrictEqual(found, wanted)) {
    throw new Error(`${what}: found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`)
  }
}

/** The error that `work` must throw, for a look at it. */
export async function thrown(work) {
  let result
  try {
    result = await work()
  } catch (error) {
    return error
  }
  throw new Error(`no error, but ${JSON.stringify(result)}`)
}

/** What tokens look like (docs/spec/login.md#tokens). */
export function tokens({ access_token, refresh_token, token_type, expires_in }) {
  const shaped = (token, prefix) =>
    /^[\x21-\x7e]+$/.test(token) && token.startsWith(prefix) && token.length >= 350 && token.length <= 2048
  equal([shaped(access_token, 'Atza|'), shaped(refresh_token, 'Atzr|')], [true, true], 'shape of the tokens')
  equal(token_type, 'bearer', 'token_type')
  equal(Number.isInteger(expires_in) && expires_in > 3500 && expires_in <= 3600, true, `expires_in ${expires_in}`)
}
