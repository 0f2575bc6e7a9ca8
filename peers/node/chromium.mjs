// A real Chromium without a window, driven over DevTools' pipe: what a person sees and presses, and nothing else.
//
// Pages' own scripts are switched off. Nothing waits by time: each wait is for an event, within a deadline.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--remote-debugging-pipe',
  // A host that is not of this machine: what it serves without TLS is not trustworthy.
  '--host-resolver-rules=MAP opendrs.test 127.0.0.1',
]

/** How long a page may take to do what it is waited for. */
const DEADLINE = 30_000

/** Starts Chromium, the program $CHROMIUM or the one on PATH. */
export async function launch() {
  const data = mkdtempSync(join(tmpdir(), 'opendrs-chromium-'))
  const words = [...FLAGS, `--user-data-dir=${data}`, 'about:blank']
  const child = spawn(process.env.CHROMIUM ?? 'chromium', words, {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const failed = new Promise((_, reject) => child.once('error', reject))
  const waiting = new Map()
  const pages = new Map()
  let last = 0
  const send = (method, params = {}, sessionId) =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, { resolve, reject, method })
      child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    })
  let rest = ''
  child.stdio[4].on('data', (bytes) => {
    const parts = (rest + bytes).split('\0')
    rest = parts.pop()
    for (const part of parts) {
      const { id, result, error, method, params, sessionId } = JSON.parse(part)
      const asked = waiting.get(id)
      waiting.delete(id)
      if (asked && error) asked.reject(new Error(`${asked.method}: ${error.message}`))
      else if (asked) asked.resolve(result)
      else pages.get(sessionId)?.event(method, params)
    }
  })
  // Asked to close, Chromium ends its helper processes and then itself. A helper may still write at that moment, so
  // what cannot be removed stays in the temporary folder: it is not what the tests are about.
  const remove = () => {
    try {
      rmSync(data, { recursive: true, force: true })
    } catch (error) {
      if (!['ENOTEMPTY', 'EBUSY'].includes(error.code)) throw error
    }
  }
  const stop = async () => {
    send('Browser.close').catch(() => {})
    await ended
    remove()
  }
  process.once('exit', () => child.kill('SIGKILL'))

  /** A page of a person who was never here: its cookies are its own. */
  const open = async () => {
    const { browserContextId } = await send('Target.createBrowserContext')
    const { targetId } = await send('Target.createTarget', { url: 'about:blank', browserContextId })
    const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
    const page = new Page((method, params) => send(method, params, sessionId))
    pages.set(sessionId, page)
    await page.begin()
    page.close = () => send('Target.disposeBrowserContext', { browserContextId })
    return page
  }
  await Promise.race([send('Browser.getVersion'), failed])
  return { open, stop }
}

class Page {
  /** Every address that the page asked for, and what the console said. */
  requested = []
  said = []
  /** The page is whole: what is on it has its place. */
  #whole = false
  #listeners = new Set()

  constructor(send) {
    this.send = send
  }

  async begin() {
    for (const domain of ['Page', 'Network', 'Log', 'DOM']) await this.send(`${domain}.enable`)
    await this.send('Emulation.setScriptExecutionDisabled', { value: true })
  }

  event(method, params) {
    if (method === 'Network.requestWillBeSent') this.requested.push(params.request.url)
    if (method === 'Page.frameNavigated') this.#whole = false
    if (method === 'Page.loadEventFired') this.#whole = true
    if (method === 'Log.entryAdded') this.said.push(params.entry.text)
    this.changed()
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
    for (const selector of selectors) {
      const { root } = await this.send('DOM.getDocument', { depth: 0 })
      const { nodeId } = await this.send('DOM.querySelector', { nodeId: root.nodeId, selector })
      if (nodeId) return selector
    }
  }

  async type(selector, text) {
    await this.#with(selector, (nodeId) => this.send('DOM.focus', { nodeId }))
    await this.send('Input.insertText', { text })
  }

  /** Presses an element as a person does, in its middle. */
  async press(selector) {
    const at = await this.#with(selector, async (nodeId) => {
      await this.send('DOM.scrollIntoViewIfNeeded', { nodeId })
      const [left, top, , , right, bottom] = (await this.send('DOM.getBoxModel', { nodeId })).model.border
      return { x: (left + right) / 2, y: (top + bottom) / 2, button: 'left', clickCount: 1 }
    })
    await this.send('Input.dispatchMouseEvent', { type: 'mousePressed', ...at })
    await this.send('Input.dispatchMouseEvent', { type: 'mouseReleased', ...at })
  }
}
