// A window of Chromium: what a person sees, types and presses in it, and what it looks like.
//
// Pages' own scripts are switched off; only a check of ours can run one beside a page. Nothing waits by time: each wait is
// for an event, within a deadline.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** No transitions: a page that has changed its colours has changed all of them. */
const STILL = { name: 'prefers-reduced-motion', value: 'reduce' }

/** How long a page may take to do what it is waited for. */
const DEADLINE = 30_000

export class Page {
  /** Every address that the page asked for, and what the console said. */
  requested = []
  said = []
  /** The files that were downloaded, by their names in the folder of downloads. */
  downloaded = []
  /** The page is whole: what is on it has its place. */
  #whole = false
  /** The number of documents that the page has shown. */
  #documents = 0
  #listeners = new Set()

  constructor(send, downloads) {
    this.send = send
    this.downloads = downloads
  }

  async begin() {
    for (const domain of ['Page', 'Network', 'Log', 'DOM']) await this.send(`${domain}.enable`)
    await this.send('Emulation.setScriptExecutionDisabled', { value: true })
    // As on a telephone, where a scrollbar takes no room.
    await this.send('Emulation.setScrollbarsHidden', { hidden: true })
  }

  event(method, params) {
    if (method === 'Network.requestWillBeSent') this.requested.push(params.request.url)
    if (method === 'Page.frameNavigated') {
      // A page that the browser kept as it was is whole at once.
      this.#whole = params.type === 'BackForwardCacheRestore'
      this.#documents++
      this.url = params.frame.url
    }
    if (method === 'Page.loadEventFired') this.#whole = true
    if (method === 'Page.downloadProgress' && params.state === 'completed') this.downloaded.push(params.guid)
    if (method === 'Log.entryAdded') this.said.push(params.entry.text)
    this.changed()
  }

  /** From here on, only what is new is listed. */
  forget() {
    this.requested = []
    this.said = []
  }

  /** Something happened, here or at a server that the page asks. */
  changed() {
    for (const listener of this.#listeners) listener()
  }

  /** Waits until `is` says so, looking again whenever something happens. */
  async until(what, is) {
    let alarm
    const deadline = new Promise((_, reject) => {
      const late = () => reject(new Error(`${what}: not in time. Asked for:\n${this.requested.join('\n')}\n${this.said.join('\n')}`))
      alarm = setTimeout(late, DEADLINE)
    })
    try {
      for (;;) {
        const next = new Promise((resolve) => this.#listeners.add(resolve))
        const found = await is()
        if (found) return found
        await Promise.race([next, deadline])
        this.#listeners.clear()
      }
    } finally {
      clearTimeout(alarm)
    }
  }

  async go(url) {
    await this.send('Page.navigate', { url })
  }

  /** Does what leads to another document, and waits until that is whole. */
  async turn(what, work) {
    const before = this.#documents
    await work()
    await this.until(what, () => this.#documents > before && this.#whole)
  }

  /** Presses an element that leads to another document, and waits for that. */
  follow(selector) {
    return this.turn(`follow ${selector}`, () => this.press(selector))
  }

  /** Goes back to the document before this one, as the browser's button does. */
  back() {
    return this.turn('go back', async () => {
      const { currentIndex, entries } = await this.send('Page.getNavigationHistory')
      await this.send('Page.navigateToHistoryEntry', { entryId: entries[currentIndex - 1].id })
    })
  }

  /** Loads the document again. */
  reload() {
    return this.turn('reload', () => this.send('Page.reload'))
  }

  /** Loses a cookie of the page's host. */
  async loseCookie(name) {
    await this.send('Network.deleteCookies', { name, url: this.url })
  }

  /** Opens `url` again until `fits` says so of the page: for what a server does in the background. */
  async reopen(url, what, fits) {
    const end = performance.now() + DEADLINE
    do {
      await this.go(url)
      await this.shows('body')
      if (await fits()) return
    } while (performance.now() < end)
    throw new Error(`${what}: not in time at ${url}`)
  }

  /** The size of the window, and how many pixels of a picture are one of the page. */
  async view({ width, height, scale = 1 }) {
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: scale, mobile: false })
  }

  /** What the person has chosen for all pages: `light` or `dark`. */
  async scheme(value) {
    await this.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }, STILL] })
  }

  /** What the page is shown on: `print`, or empty for a screen. */
  async media(media) {
    await this.send('Emulation.setEmulatedMedia', { media, features: [STILL] })
  }

  /** Whether one of the elements takes room on the page as it is. */
  async takesRoom(selector) {
    const { root } = await this.send('DOM.getDocument', { depth: 0 })
    const { nodeIds } = await this.send('DOM.querySelectorAll', { nodeId: root.nodeId, selector })
    const found = await Promise.all(nodeIds.map((nodeId) => this.#edgesOf(nodeId).catch(() => undefined)))
    return found.some((edges) => edges !== undefined)
  }

  /** The size of the window and of all that can be scrolled into it, and how far it is scrolled down. */
  async size() {
    const { cssLayoutViewport, cssContentSize, cssVisualViewport } = await this.send('Page.getLayoutMetrics')
    const { clientWidth, clientHeight } = cssLayoutViewport
    const window = { width: clientWidth, height: clientHeight }
    return { window, whole: cssContentSize, scrolled: cssVisualViewport.pageY }
  }

  /** A PNG of the whole page, or of its beginning. */
  async picture(height) {
    const { whole } = await this.size()
    const clip = { x: 0, y: 0, width: whole.width, height: height ?? whole.height, scale: 1 }
    const { data } = await this.send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true, clip })
    return Buffer.from(data, 'base64')
  }

  /**
   * Runs scripts of ours beside the page, in a world of their own, one after the other; the value of the last. The page
   * is whole, so its own scripts, were there any, have missed their time.
   */
  async run(scripts) {
    await this.send('Emulation.setScriptExecutionDisabled', { value: false })
    const { frameTree } = await this.send('Page.getFrameTree')
    const world = await this.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id })
    let last
    for (const expression of scripts) {
      const options = { contextId: world.executionContextId, awaitPromise: true, returnByValue: true }
      last = await this.send('Runtime.evaluate', { expression, ...options })
      if (last.exceptionDetails) throw new Error(JSON.stringify(last.exceptionDetails))
    }
    await this.send('Emulation.setScriptExecutionDisabled', { value: true })
    return last.result.value
  }

  /**
   * Waits for an element, and does something with it. A document may go away while it is looked at: then it is done
   * in the next one, which has events of its own.
   */
  #with(selector, work) {
    return this.until(`find ${selector}`, async () => {
      if (!this.#whole) return undefined
      try {
        const { root } = await this.send('DOM.getDocument', { depth: 0 })
        const { nodeId } = await this.send('DOM.querySelector', { nodeId: root.nodeId, selector })
        return nodeId ? ((await work(nodeId)) ?? true) : undefined
      } catch {
        return undefined
      }
    })
  }

  /** Waits until one of the selectors finds something; which. */
  async either(...selectors) {
    await this.#with(selectors.join(), () => true)
    for (const selector of selectors) if (await this.has(selector)) return selector
  }

  /** Waits for an element. */
  async shows(selector) {
    await this.#with(selector, () => true)
  }

  /** Whether the page, as it is, has such an element. */
  async has(selector) {
    const { root } = await this.send('DOM.getDocument', { depth: 0 })
    return (await this.send('DOM.querySelector', { nodeId: root.nodeId, selector })).nodeId !== 0
  }

  /** The HTML of an element, once it is there. */
  html(selector) {
    return this.#with(selector, async (nodeId) => (await this.send('DOM.getOuterHTML', { nodeId })).outerHTML)
  }

  /** Where the elements are that the page has now: their edges. */
  async edges(selector) {
    const { root } = await this.send('DOM.getDocument', { depth: 0 })
    const { nodeIds } = await this.send('DOM.querySelectorAll', { nodeId: root.nodeId, selector })
    return Promise.all(nodeIds.map((nodeId) => this.#edgesOf(nodeId)))
  }

  async #edgesOf(nodeId) {
    const [left, top, , , right, bottom] = (await this.send('DOM.getBoxModel', { nodeId })).model.border
    return { left, top, right, bottom }
  }

  /** Types into a field, in place of what is in it. */
  async type(selector, text) {
    await this.#with(selector, (nodeId) => this.send('DOM.focus', { nodeId }))
    await this.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', commands: ['selectAll'] })
    await this.send('Input.insertText', { text })
  }

  /** Types a day, such as 2027-03-10, into a date field, part by part in the order of American English. */
  async typeDay(selector, day) {
    const [year, month, date] = day.split('-')
    await this.#with(selector, (nodeId) => this.send('DOM.focus', { nodeId }))
    for (const text of `${month}${date}${year}`) await this.send('Input.dispatchKeyEvent', { type: 'char', text })
  }

  /** Presses an element as a person does, in its middle; twice, as an impatient person does. */
  async press(selector, times = 1) {
    const at = await this.#with(selector, async (nodeId) => {
      await this.send('DOM.scrollIntoViewIfNeeded', { nodeId })
      const { left, top, right, bottom } = await this.#edgesOf(nodeId)
      return { x: (left + right) / 2, y: (top + bottom) / 2, button: 'left', clickCount: 1 }
    })
    const types = Array(times).fill(['mousePressed', 'mouseReleased']).flat()
    await Promise.all(types.map((type) => this.send('Input.dispatchMouseEvent', { type, ...at })))
  }

  /** Presses an element that downloads a file, and returns its content. The page stays as it is. */
  async download(selector) {
    const before = this.downloaded.length
    await this.press(selector)
    const name = await this.until(`download by ${selector}`, () => this.downloaded[before])
    return readFileSync(join(this.downloads, name))
  }
}
