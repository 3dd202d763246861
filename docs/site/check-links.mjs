// Fails if a link of the site leads to a page, a heading or a file that is not there: node check-links.mjs FOLDER
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

const root = process.argv[2]
const pages = new Map()
for (const file of readdirSync(root, { recursive: true })) {
  if (file.endsWith('.html')) {
    const text = readFileSync(posix.join(root, file), 'utf8')
    const all = pattern => [...text.matchAll(pattern)].map(match => match[1])
    pages.set(file, { ids: new Set(all(/\bid="([^"]+)"/g)), links: all(/\b(?:href|src)="([^"]+)"/g) })
  }
}

let dead = 0
for (const [page, { links }] of pages) {
  for (const link of links) {
    if (/^[a-z]+:/.test(link)) continue // elsewhere
    const [path, heading] = decodeURIComponent(link).split('#')
    const target = path === '' ? page : posix.resolve('/', posix.dirname(page), path).slice(1) || 'index.html'
    const isThere = pages.has(target) ? !heading || pages.get(target).ids.has(heading) : existsSync(posix.join(root, target))
    if (!isThere) {
      console.error(`${page}: ${link}`)
      dead++
    }
  }
}
if (dead > 0) {
  console.error(`${dead} dead links`)
  process.exit(1)
}
