// Every page of a customer's walk, looked at by machine: in Chromium, as wide as a telephone, in light and dark.
//
// What is looked at: inspect.mjs.

import { check } from './checks.mjs'
import { launch } from './chromium.mjs'
import { TELEPHONE, inspect } from './inspect.mjs'
import { startShop, walk } from './walk.mjs'

export default async function pages() {
  const server = await startShop()
  const browser = await launch()
  const page = await browser.open()
  await page.view(TELEPHONE)
  const look = (name, state) => check(`Chromium: page "${name}"`, () => inspect(page, server.base, state))
  try {
    await check('Chromium: a customer walks through the pages to the end', () => walk(page, server, look))
  } finally {
    await browser.stop()
    await server.stop()
  }
}
