// A real Chromium without a window, driven over DevTools' pipe: what a person sees and presses, and pictures of it.
//
// Here: the program, and a window for each person. What is done in a window is in chromium-page.mjs.

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Page } from './chromium-page.mjs'

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
  // A host that is not of this machine: what it serves without TLS is not trustworthy. And a maker's that does not exist.
  '--host-resolver-rules=MAP opendrs.test 127.0.0.1, MAP maker.example ~NOTFOUND',
]

/** What a person has chosen who accepts no cookies. */
const NO_COOKIES = { profile: { default_content_setting_values: { cookies: 2 } } }

/** Starts Chromium, the program $CHROMIUM or the one on PATH. */
export async function launch({ cookies = true } = {}) {
  const data = mkdtempSync(join(tmpdir(), 'opendrs-chromium-'))
  if (!cookies) {
    mkdirSync(join(data, 'Default'))
    writeFileSync(join(data, 'Default', 'Preferences'), JSON.stringify(NO_COOKIES))
  }
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
    const behaviour = { behavior: 'allowAndName', browserContextId, downloadPath: data, eventsEnabled: true }
    await send('Browser.setDownloadBehavior', behaviour)
    const page = new Page((method, params) => send(method, params, sessionId), data)
    pages.set(sessionId, page)
    await page.begin()
    page.close = () => send('Target.disposeBrowserContext', { browserContextId })
    return page
  }
  await Promise.race([send('Browser.getVersion'), failed])
  return { open, stop }
}
