// Builds static/dist: one style sheet, three fonts, the icons that are used, the pictures, one script for long work, and a
// manifest of hashed names. Bootstrap Italia is purged from its own dist (no sass); our own CSS is never purged: civic.css
// first (tokens and the kit), then the other sheets of static/src by name, one per part of the site.
import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { PurgeCSS } from 'purgecss'

const root = dirname(fileURLToPath(import.meta.url))
const italia = join(root, 'node_modules/bootstrap-italia/dist')
const work = join(root, 'node_modules/.cache/cofonda')
const dist = join(root, 'static/dist')
const src = join(root, 'static/src')
const started = Date.now()

const exists = (path) => stat(path).then(() => true, () => false)
const readJson = async (path) => ((await exists(path)) ? JSON.parse(await readFile(path, 'utf8')) : null)
const hashed = (name, body) => {
  const mark = createHash('sha256').update(body).digest('hex').slice(0, 8).toUpperCase()
  return `${basename(name, extname(name))}-${mark}${extname(name)}`
}

// 1. Bootstrap Italia, only what the templates use, with the municipality's colour as a variable.
async function purgedItalia() {
  const [result] = await new PurgeCSS().purge({
    content: ['templates/**/*.html', 'app/web/**/*.py'].map((glob) => join(root, glob)),
    css: [join(italia, 'css/bootstrap-italia.min.css')],
    safelist: { standard: [/^show$/, /^collaps/, /^is-/, /^was-/], keyframes: [], variables: [] },
    fontFace: true,
    keyframes: true,
    variables: true,
  })
  return result.css.replace(/#06c(?![0-9a-f])/gi, 'var(--cv-primary)')
}

// 2. One style sheet: theirs in a layer, so that ours always wins without tricks of specificity; and the small one of
//    the widget that stands on other people's pages.
async function styles() {
  await mkdir(work, { recursive: true })
  await writeFile(join(work, 'italia.css'), await purgedItalia())
  const ours = (await readdir(src)).filter((file) => file.endsWith('.css')).sort()
  ours.sort((one, other) => (other === 'civic.css') - (one === 'civic.css'))
  const lines = ours.map((file) => `@import "${join(src, file)}";\n`).join('')
  await writeFile(join(work, 'site.css'), `@import "./italia.css" layer(italia);\n${lines}`)
  const out = await build({
    entryPoints: { site: join(work, 'site.css'), widget: join(src, 'widget', 'widget.css') },
    outdir: dist,
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    loader: { '.woff2': 'file', '.svg': 'dataurl' },
    bundle: true,
    minify: true,
    metafile: true,
    write: true,
    logLevel: 'warning',
  })
  const names = {}
  for (const [path, made] of Object.entries(out.metafile.outputs)) {
    const file = basename(path)
    if (made.entryPoint) names[basename(made.entryPoint)] = file
    else names[basename(Object.keys(made.inputs)[0])] = file
  }
  return names
}

// 3. Scripts: each is small, and every page works without them.
async function scripts() {
  const entries = (await readdir(src)).filter((file) => file.endsWith('.js'))
  if (!entries.length) return {}
  const out = await build({
    entryPoints: entries.map((file) => join(src, file)),
    outdir: dist,
    entryNames: '[name]-[hash]',
    bundle: true,
    format: 'iife',
    minify: true,
    legalComments: 'none',
    metafile: true,
    write: true,
    logLevel: 'warning',
  })
  const names = {}
  for (const [path, made] of Object.entries(out.metafile.outputs)) names[basename(made.entryPoint)] = basename(path)
  return names
}

// 4. The sprite, cut to the icons that templates name: icon("it-download") and the like.
async function sprite() {
  const used = new Set()
  const walk = async (folder) => {
    for (const item of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, item.name)
      if (item.isDirectory()) await walk(path)
      else if (item.name.endsWith('.html'))
        for (const [icon] of (await readFile(path, 'utf8')).matchAll(/\bit-[a-z-]+/g)) used.add(icon)
    }
  }
  await walk(join(root, 'templates'))
  const whole = await readFile(join(italia, 'svg/sprites.svg'), 'utf8')
  const cut = [...whole.matchAll(/<symbol[^>]*\bid="([^"]+)"[^>]*>.*?<\/symbol>/gs)].filter(([, id]) => used.has(id))
  const body = `<svg xmlns="http://www.w3.org/2000/svg">${cut.map(([symbol]) => symbol).join('')}</svg>`
  const name = hashed('sprite.svg', body)
  await writeFile(join(dist, name), body)
  return { 'sprite.svg': name }
}

// 5. Pictures and icons of ours, copied under hashed names.
async function pictures() {
  const names = {}
  for (const file of await readdir(src)) {
    if (!/\.(svg|png|ico|webmanifest)$/.test(file)) continue
    const body = await readFile(join(src, file))
    names[file] = hashed(file, body)
    await writeFile(join(dist, names[file]), body)
  }
  return names
}

// 6. Letters for the pictures that the server draws (cards, badges, posters): the same Titillium, as TrueType.
async function letters() {
  const names = {}
  for (const [weight, file] of Object.entries({ 400: 'regular', 700: '700' })) {
    const body = await readFile(join(italia, `fonts/Titillium_Web/titillium-web-v10-latin-ext_latin-${file}.ttf`))
    const plain = `titillium-${weight}.ttf`
    names[plain] = hashed(plain, body)
    await writeFile(join(dist, names[plain]), body)
  }
  return names
}

// 7. Everything that is text also stands compressed, so that serving costs nothing.
async function compress(files) {
  for (const file of files) {
    if (!/\.(css|svg|js|json|webmanifest)$/.test(file)) continue
    const body = await readFile(join(dist, file))
    const br = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
    await writeFile(join(dist, `${file}.br`), br)
    await writeFile(join(dist, `${file}.gz`), gzipSync(body, { level: 9 }))
  }
}

// 8. The generation before stays one build long, so that a page served a moment ago still finds its files.
async function sweep(keep) {
  for (const file of await readdir(dist)) {
    if (!keep.has(file.replace(/\.(br|gz)$/, '')) && file !== 'manifest.json') await rm(join(dist, file))
  }
}

await mkdir(dist, { recursive: true })
const before = await readJson(join(dist, 'manifest.json'))
const files = { ...(await styles()), ...(await scripts()), ...(await sprite()), ...(await pictures()), ...(await letters()) }
const sorted = Object.fromEntries(Object.entries(files).sort())
await compress(Object.values(sorted))
const same = before && JSON.stringify(before.files) === JSON.stringify(sorted)
const previous = same ? before.previous : Object.values(before?.files ?? {})
await writeFile(join(work, 'manifest.json'), `${JSON.stringify({ files: sorted, previous }, null, 2)}\n`)
await rename(join(work, 'manifest.json'), join(dist, 'manifest.json'))
await sweep(new Set([...Object.values(sorted), ...previous]))
const size = (await readFile(join(dist, `${sorted['site.css']}.gz`))).length
console.log(`static/dist: ${Object.keys(sorted).length} files, style sheet ${(size / 1024).toFixed(1)} KB gzipped, ${Date.now() - started} ms`)
