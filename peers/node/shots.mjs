// Pictures of every page of a customer's walk, for people: narrow and wide, light and dark, and an index.html that shows
// them side by side. `node shots.mjs FOLDER` writes them.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { launch } from './chromium.mjs'
import { startShop, walk } from './walk.mjs'

const SCHEMES = ['light', 'dark']
/** As sharp as the windows are: a telephone, and a screen. */
const VIEWS = [
  { width: 390, height: 800, scale: 2 },
  { width: 1280, height: 800, scale: 1 },
]

/** The pages that the README shows, narrow and light, and how much of each. */
const README = { pages: ['device', 'order'], height: 740 }

const folder = process.argv[2]
if (!folder) throw new Error('the folder is missing: run `cargo xtask shots`')
rmSync(folder, { recursive: true, force: true })
mkdirSync(join(folder, 'readme'), { recursive: true })

const rows = []
const server = await startShop()
const browser = await launch()
try {
  const page = await browser.open()
  await page.view(VIEWS[0])
  await walk(page, server, (name) => take(page, name))
} finally {
  await browser.stop()
  await server.stop()
}
writeFileSync(join(folder, 'index.html'), index())
console.log(`${rows.length} pages: ${join(folder, 'index.html')}`)

/** Takes the pictures of a page, and leaves it as it was. */
async function take(page, name) {
  const number = String(rows.length + 1).padStart(2, '0')
  const files = []
  for (const view of VIEWS) {
    await page.view(view)
    for (const scheme of SCHEMES) {
      const file = `${number}-${name.replaceAll(/\W+/g, '-')}-${view.width}-${scheme}.png`
      await page.scheme(scheme)
      writeFileSync(join(folder, file), await page.picture())
      files.push({ file, width: view.width, scheme })
    }
  }
  await page.scheme('light')
  await page.view(VIEWS[0])
  if (README.pages.includes(name)) writeFileSync(join(folder, 'readme', `${name}.png`), await page.picture(README.height))
  rows.push({ number, name, files })
  console.log(`${number}  ${name}`)
}

function index() {
  const picture = ({ file, width, scheme }) =>
    `<a href="${file}"><figure><img src="${file}" alt="" loading="lazy"><figcaption>${width}, ${scheme}</figcaption></figure></a>`
  const row = ({ number, name, files }) => `<section><h2>${number} ${name}</h2>${files.map(picture).join('')}</section>`
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>OpenDRS: pages</title>
<style>
body { font: 1rem/1.5 sans-serif; margin: 1rem; background: #888; }
section { display: grid; grid-template-columns: 1fr 1fr 2fr 2fr; gap: 1rem; align-items: start; }
h2 { grid-column: 1 / -1; margin: 2rem 0 0; } figure { margin: 0; } img { inline-size: 100%; } a { color: inherit; }
</style>
<h1>Pages of a customer's walk</h1>
${rows.map(row).join('\n')}
</html>
`
}
