// Opens the demo's public Parquet with hyparquet alone, as a page in a browser would.
// Usage: node read_with_hyparquet.mjs DEMO_FOLDER SUMMARY_JSON   (WSIS_NODE_FOLDER: node_modules)
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(join(process.env.WSIS_NODE_FOLDER, 'index.js'))
const { parquetReadObjects, parquetMetadata } = await import(pathToFileURL(require.resolve('hyparquet')))

const summary = JSON.parse(readFileSync(process.argv[3], 'utf8'))
const open = name => {
  const bytes = readFileSync(join(summary.public, `${name}.parquet`))
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
}
const fail = message => { console.error(`interop: ${message}`); process.exit(1) }

const lines = await parquetReadObjects({ file: open('lines') })
const codes = new Set(lines.map(row => row.line))
if (codes.size !== 18) fail(`there are ${codes.size} lines, 18 are right`)
const scores = await parquetReadObjects({ file: open('line_scores') })
if (BigInt(scores.length) !== parquetMetadata(open('line_scores')).num_rows) fail('line_scores is cut')
const unscored = scores.filter(row => row.score === null || row.score === undefined)
if (unscored.length === 0) fail('no missing score arrived as null')
if (scores.some(row => Number.isNaN(row.score))) fail('a score arrived as NaN')
const norway = (await parquetReadObjects({ file: open('observations_latest') }))
  .find(row => row.series_code === 'IT.NET.USER.ZS' && row.ref_area === 'NOR' && row.year === 2015)
if (Math.abs(norway.value - 96.8103) > 0.01) fail(`Norway 2015 is ${norway.value}, 96.81 is right`)
console.log(`interop: hyparquet reads ${scores.length} line scores, ${unscored.length} of them null`)
