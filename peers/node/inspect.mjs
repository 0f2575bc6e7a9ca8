// A page, looked at by machine: in Chromium, as wide as a telephone, in light and dark, and in small windows.
//
// The browser has nothing to say, asks no other host, and shows no wider page than its window; no text of a chart is cut
// off; every picture loads; axe-core finds no violation, among them contrast and the size of targets.

import axe from 'axe-core'
import { equal } from './checks.mjs'

/** As wide as most telephones. */
export const TELEPHONE = { width: 390, height: 800 }
/** The narrowest telephone, and one whose keyboard is open. */
const SMALL = [
  { width: 320, height: 640 },
  { width: 360, height: 320 },
]

/** axe-core's rules of WCAG and its advice, with the one for targets that it has switched off. */
const RUN = `axe.run({ rules: { 'target-size': { enabled: true } }, resultTypes: ['violations'], preload: false })
  .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))`

/** The pictures of a page that did not load. */
const BROKEN = `[...document.images].filter((image) => !image.complete || !image.naturalWidth).map((image) => image.src)`

const isInside = (inner, outer) =>
  inner.left >= outer.left && inner.top >= outer.top && inner.right <= outer.right && inner.bottom <= outer.bottom

/**
 * Looks at a page in both schemes, and in small windows. `refused`: it answers a mistake. `exit`: the selector of its link
 * back to the app. `via`: another site from which the browser came.
 */
export async function inspect(page, base, { refused, exit, via }) {
  const found = []
  for (const scheme of ['light', 'dark']) {
    await page.scheme(scheme)
    const violations = await page.run([axe.source, RUN])
    found.push(...violations.map((violation) => `${scheme}: ${violation}`))
  }
  for (const view of [...SMALL, TELEPHONE]) {
    await page.view(view)
    const { window, whole, scrolled } = await page.size()
    if (whole.width > window.width) found.push(`${view.width} pixels: the page is ${whole.width} wide`)
    const outside = async (selector, frame) => {
      for (const edges of await page.edges(selector)) {
        if (isInside(edges, frame)) continue
        found.push(`${view.width} x ${view.height}: ${selector} is cut off: ${edges.left} to ${edges.right}, ${edges.top} to ${edges.bottom}`)
      }
    }
    // Exit is in sight at the top of each page.
    if (exit) await outside(exit, { left: 0, top: -scrolled, right: window.width, bottom: window.height - scrolled })
    // Above and below, the box of a text is larger than its letters.
    const sideways = { top: -Infinity, bottom: Infinity }
    for (const chart of await page.edges('.chart')) await outside('.chart text', { ...chart, ...sideways })
  }
  await page.scheme('light')
  const broken = await page.run([BROKEN])
  found.push(...broken.map((src) => `is a broken picture: ${src}`))
  // The browser's own pictures, such as that of a calendar, have `data:` addresses.
  const known = ['data:', `${base}/`, ...(via ? [`${via}/`] : [])]
  const foreign = page.requested.filter((url) => !known.some((start) => url.startsWith(start)))
  found.push(...foreign.map((url) => `asks another host: ${url}`))
  // A page that answers a mistake has the status of one, which the browser tells.
  const status = /^Failed to load resource: the server responded with a status of (400|404|410)/
  found.push(...page.said.filter((text) => !(refused && status.test(text))))
  page.forget()
  equal(found, [], 'what is wrong')
}
