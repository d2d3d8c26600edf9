'use strict'
// Documents and editions, as the data have them in lists.
const documents = data.documents.map(([name, spoken, title, page, pdf, html, latest, pending, newer, editions]) => {
  const document_ = {name, spoken, title, page, pdf, html, pending, newer}
  document_.editions = editions.map(([number, code, day, state, hashes, steps, added]) =>
    ({of: document_, number, code, day, state: data.states[state], hashes: hashes.match(/.{22}/g) || [], steps, added}))
  document_.newest = document_.editions[latest]
  return document_
})
const editions = documents.flatMap(one => one.editions)
const signature = one => `${one.of.name}/${one.number} · ${one.code}`
const path = one => `${one.of.name}-${one.number}-${one.code}`

// What was typed

// The rule is that of ledger/status.py, which says what PDFium does to a code.
const PART_LENGTH = 1000
// In Latin digits and plain separators, without marks that have no width; of a page that is pasted, both ends.
const plainly = typed => {
  const text = typed.length > 2 * PART_LENGTH ? `${typed.slice(0, PART_LENGTH)}\n${typed.slice(-PART_LENGTH)}` : typed
  return text.normalize('NFKC').replace(/[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, digit => digit.charCodeAt(0) & 15)
    .replace(/\u066b/g, '.').replace(/\u066c/g, '')
    .replace(/[\u2044\u2215\u2571\\|]/g, '/').replace(/[\u2010-\u2014\u2212]/g, '-')
    .replace(/[\u2022\u2027\u2219\u22c5\u25cf\u30fb]/g, '·').replace(/\s+/g, ' ').trim()
}
const turned = text => (text.match(/[A-Za-z]+|[0-9#$%+,./:-]+|[^A-Za-z0-9#$%+,./:-]+/g) || []).reverse().join('')
const squeezed = text => text.toUpperCase().replace(/[^A-Z0-9]+/g, '')
const gathered = key => {
  const found = new Map()
  for (const one of editions) found.set(key(one), [...found.get(key(one)) || [], one])
  return found
}
const bySignature = gathered(one => squeezed(signature(one)))
const byName = gathered(one => squeezed(`${one.of.name}/${one.number}`))
const byCode = gathered(one => one.code.toUpperCase())
const NAME = '([A-Z][A-Z0-9_-]*(?:\\.[A-Z][A-Z0-9-]*)?) ?[/-] ?([0-9]{1,9})'
const CODE = '\\b([0-9A-F]{8}|[0-9A-F]{4})\\b'
const GAP = '[^A-Z0-9]{1,12}'
const only = form => new RegExp(`^[^A-Z0-9]*${form}[^A-Z0-9]*$`, 'i')
const NAME_ALONE = only('([A-Z][A-Z0-9_.-]* ?/ ?[0-9]{1,9})'), BARE_CODE = only(CODE)
const SPACED_CODE = only('[A-Z][A-Z0-9_. -]* [0-9]{1,9} ([0-9A-F]{8}|[0-9A-F]{4})')
const footers = text => [
  ...[...text.matchAll(new RegExp(NAME + GAP + CODE, 'gi'))].map(([, name, number, code]) => [name, number, code]),
  ...[...text.matchAll(new RegExp(`${CODE}${GAP}(?=${NAME}\\b)`, 'gi'))].map(([, code, name, number]) => [name, number, code]),
].map(([name, number, code]) => `${name}/${number} · ${code}`)

// The codes that a text can be read as; whether it looks like one; and a lone code as PDFium may have turned it.
const readCode = typed => {
  let text = plainly(typed)
  const address = /(?:\/c\/|#)([^/?#\s]+?)(?:\.html)?(?:[?#].*)?$/i.exec(text)
  if (address) {
    try { text = plainly(decodeURIComponent(address[1])) } catch (broken) { text = address[1] }
  }
  const orders = [text, turned(text)], texts = [...new Set(orders.flatMap(footers))]
  if (texts.length) return {texts, formed: true}
  const name = orders.map(order => NAME_ALONE.exec(order)).find(Boolean)
  if (name) return {texts: [name[1].replace(/ /g, '')], formed: true}
  const code = BARE_CODE.exec(text)
  if (code) return {texts: [code[1]], formed: true, turned: turned(code[1])}
  return {texts: [text], formed: SPACED_CODE.test(text)}
}
// Whether one letter more, less, other, or two turned round, make one text of another.
const isSlip = (a, b) => {
  if (Math.abs(a.length - b.length) > 1) return false
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  const rest = (text, more) => text.slice(at + more)
  return rest(a, 1) === rest(b, 1) || rest(a, 1) === rest(b, 0) || rest(a, 0) === rest(b, 1) ||
    (a[at] === b[at + 1] && a[at + 1] === b[at] && rest(a, 2) === rest(b, 2))
}
const near = (key, known) => [...known].filter(([other]) => isSlip(key, other)).flatMap(([, found]) => found)

// The editions whose name, or name with code, a text is.
const namedBy = text => {
  const key = squeezed(text), exact = bySignature.get(key) || byName.get(key) || []
  const same = exact.filter(one => text.toUpperCase().includes(one.of.name))
  return exact.length > 1 && same.length ? same : exact
}
// What a typed text stands for: {edition}, {draft}, or the {near} editions; {unreadable} where it is no code.
const found = typed => {
  const {texts, formed, turned: back = ''} = readCode(typed)
  const exact = [...new Set(texts.flatMap(namedBy))]
  if (exact.length === 1) return {edition: exact[0]}
  if (exact.length) return {near: exact, several: true, unreadable: texts.length > 1}
  const [text] = texts, key = squeezed(text)
  // Codes are kept apart within a document only: one slip may lead to another sheet, which is named, too.
  const coded = byCode.get(key) || []
  const like = [...new Set([...near(key, byCode), ...byCode.get(back.toUpperCase()) || []])]
  if (coded.length === 1) return {edition: coded[0], near: like.filter(one => one !== coded[0])}
  if (coded.length) return {near: like, several: true}
  const named = new RegExp(`^\\s*${NAME}\\s*(.*)$`, 'i').exec(text)
  const of = named && documents.filter(one => squeezed(one.name) === squeezed(named[1]))[0]
  if (of && !squeezed(named[3]) && of.editions.every(one => one.number < named[2])) return {draft: of, number: named[2]}
  const same = of ? of.editions.filter(one => one.number === Number(named[2])) : []
  const others = [...new Set([...near(key, bySignature), ...back ? like : []])]
  return {near: same.length ? same : others, unreadable: !formed}
}

// A file

// SHA-256 (FIPS 180-4): browsers have their own for pages from a secure address only, not for a file's.
const primes = [...Array(312).keys()].filter(n => n > 1 && ![...Array(n).keys()].some(m => m > 1 && n % m === 0))
const fraction = root => Math.floor((root - Math.floor(root)) * 2 ** 32)
const K = primes.map(prime => fraction(Math.cbrt(prime)))
const sha256 = bytes => {
  const state = Uint32Array.from(primes.slice(0, 8), prime => fraction(Math.sqrt(prime)))
  const padded = new Uint8Array((bytes.length + 72) & ~63), words = new Uint32Array(64)
  padded.set(bytes)
  padded[bytes.length] = 128
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29))
  view.setUint32(padded.length - 4, bytes.length << 3)
  const turned = (word, by) => word >>> by | word << 32 - by
  for (let at = 0; at < padded.length; at += 64) {
    for (let n = 0; n < 64; n++) {
      if (n < 16) { words[n] = view.getUint32(at + 4 * n); continue }
      const a = words[n - 15], b = words[n - 2]
      words[n] = words[n - 16] + words[n - 7] + (turned(a, 7) ^ turned(a, 18) ^ a >>> 3) +
        (turned(b, 17) ^ turned(b, 19) ^ b >>> 10)
    }
    let [a, b, c, d, e, f, g, h] = state
    for (let n = 0; n < 64; n++) {
      const one = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + (e & f ^ ~e & g) + K[n] + words[n] | 0
      const two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + (a & b ^ a & c ^ b & c) | 0
      h = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0
    }
    ;[a, b, c, d, e, f, g, h].forEach((word, n) => { state[n] += word })
  }
  const out = new DataView(new ArrayBuffer(32))
  state.forEach((word, n) => out.setUint32(4 * n, word))
  return new Uint8Array(out.buffer)
}
// The first half of a hash, as the data have it.
const half = hash => btoa(String.fromCharCode(...hash.slice(0, 16))).replace(/\+/g, '-').replace(/\//g, '_').slice(0, 22)

// What a PDF says that it is: a small packed file in it; nothing where this browser cannot unpack it.
const MOST_PACKED = 20000
const claimOf = async bytes => {
  const text = new TextDecoder('latin1').decode(bytes), ends = /\/EmbeddedFile\b[^]{0,200}?stream\r?\n/g
  for (let end; (end = ends.exec(text));) {
    // Other programs write what is said of it in another order.
    const start = ends.lastIndex, head = text.slice(text.lastIndexOf(' obj', end.index), start)
    const length = Number((/\/Length (\d+)/.exec(head) || [])[1])
    if (!(length <= MOST_PACKED)) continue
    try {
      const packed = new Blob([bytes.slice(start, start + length)])
      const facts = await new Response(packed.stream().pipeThrough(new DecompressionStream('deflate'))).json()
      if (facts.edition) return facts.edition
    } catch (other) { /* not this one */ }
  }
}
const read = file => new Promise((resolve, reject) => {
  const reader = new FileReader()
  reader.onload = () => resolve(new Uint8Array(reader.result))
  reader.onerror = reject
  reader.readAsArrayBuffer(file)
})

// What is said

const put = (name, given, ...inside) => {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(given)) if (value !== '') element.setAttribute(key, value)
  element.append(...inside)
  return element
}
let spoken = data.spoken[0], chosen = false, answered = () => []
const digits = text => String(text).replace(/[0-9]/g, digit => spoken.digits[digit])
// Words, with what is filled in: texts keep their own direction.
const say = (name, values = {}) => spoken.words[name].split(/\{(\w+)\}/).map((part, n) =>
  n % 2 ? (values[part] instanceof Node ? values[part] : put('bdi', {}, String(values[part]))) : part)
const coded = one => put('span', {class: 'code', dir: 'ltr', lang: 'en'}, signature(one))
const day = number => spoken.days[number]
const titled = of => {
  const {tag, dir} = data.spoken[of.spoken]
  return put('p', {class: 'subtitle'}, put(of.page ? 'a' : 'span', {href: of.page, lang: tag, dir}, of.title))
}
const changes = steps => {
  const groups = new Map()
  for (const step of steps) groups.set(data.steps[step], [...groups.get(data.steps[step]) || [], step])
  return [...groups].flatMap(([change, own]) => {
    const [kind, at] = data.changes[change], words = spoken.words
    // A row that is gone has a reason and no value.
    const values = own.map(step => spoken.steps[step]).filter(([name]) => name).map(([name, was, now]) =>
      put('li', {}, put('bdi', {}, name), ': ', ...say(kind ? 'formerly' : 'wrong', {was, now})))
    return [
      ...(values.length ? [put('ul', {class: 'values'}, ...values)] : []),
      put('p', {class: 'why'}, `${kind ? words.revision : words.correction}${words.comma}${day(at)}: ${spoken.reasons[change]}`),
    ]
  })
}
const section = (title, ...inside) => put('section', {}, put('h2', {}, ...say(title)), ...inside)
const files = of => {
  const links = []
  if (of.pdf) links.push(put('a', {href: of.pdf, dir: 'ltr', lang: 'en'}, 'PDF'))
  if (of.html) links.push(put('a', {href: of.html}, ...say('page')))
  return put('p', {class: 'files'}, ...links.flatMap((link, n) => n ? [' · ', link] : [link]))
}
// All that is known of an edition; `file` is 'delivered' or 'changed' where a file was chosen.
const told = (one, file) => {
  const {of, state} = one, {newest} = of, out = []
  out.push(put('h2', {class: file === 'changed' ? file : state}, ...say(file === 'changed' ? file : state)), titled(of))
  out.push(put('p', {}, ...say('edition', {number: digits(one.number)}), ' · ', coded(one), ' · ',
    ...say('on', {date: day(one.day)})))
  if (file) out.push(put('p', {}, ...say(file === 'changed' ? 'forged' : file)))
  if (state !== 'current')
    out.push(put('div', {class: 'panel'}, put('p', {}, put('b', {}, ...say('stop'))),
      ...(newest === one || newest.state === 'withdrawn' ? [] : [
      put('p', {}, ...say('newest', {edition: coded(newest), date: day(newest.day)})), files(of)])))
  else out.push(files(of))
  if (state === 'withdrawn') out.push(...changes(one.steps))
  if (state === 'superseded')
    out.push(section('since', ...changes(one.steps), ...(one.added ? [put('p', {}, ...say('added'))]
      : one.steps.length ? [] : [put('p', {}, ...say('texts'))])))
  if (of.pending.length) out.push(section('pending', ...changes(of.pending)))
  if (of.newer.length)
    out.push(section('newer', ...of.newer.map(at => put('p', {}, titled(documents[at]), coded(documents[at].newest)))))
  out.push(put('p', {class: 'hint'}, put('a', {href: `c/${encodeURIComponent(path(one))}.html`}, ...say('more'))))
  return out
}
const suggested = (ones, how) => [put('p', {}, ...say(how)), ...ones.slice(0, 8).map(one => {
  const button = put('button', {type: 'button', class: 'near', dir: 'ltr', lang: 'en'}, signature(one))
  button.addEventListener('click', () => { field.value = signature(one); ask() })
  return put('p', {}, button, ' ', put('bdi', {}, one.of.title))
})]
const unknown = (title, hint, ones, several) => [
  put('h2', {class: 'unknown'}, ...say(several ? 'which' : title)),
  ...(several ? [] : [put('p', {}, ...say(hint))]),
  ...(ones.length && ones.length < 9 ? suggested(ones, 'near') : []),
]
const draft = (of, number) => [put('h2', {class: 'draft'}, ...say('draft')), titled(of),
  put('p', {}, ...say('edition', {number: digits(number)})), put('p', {}, ...say('undelivered')), files(of)]

const field = document.querySelector('#code'), chooser = document.querySelector('#file')
const answer = document.querySelector('.answer'), form = document.querySelector('.ask')
const buttons = [...document.querySelectorAll('.speak button')]
const show = (of, say_) => {
  answered = say_
  if (of && !chosen) spoken = data.spoken[of.spoken]
  speak()
}
const speak = () => {
  const {tag, dir} = spoken
  Object.assign(document.documentElement, {lang: tag, dir})
  for (const element of document.querySelectorAll('[data-say]')) element.replaceChildren(...say(element.dataset.say))
  document.querySelector('.until').replaceChildren(...say('until', {date: day(data.until)}))
  buttons.forEach((button, n) => button.setAttribute('aria-pressed', data.spoken[n] === spoken))
  answer.replaceChildren(...answered())
}
// Whether a file was chosen that is none of ours, and whose code is still to be typed.
let strange = false
const ask = () => {
  if (!field.value.trim()) return
  const known = found(field.value), file = strange ? 'changed' : undefined
  if (known.edition) {
    strange = false
    const others = known.near || []
    show(known.edition.of, () => [...told(known.edition, file), ...(others.length ? suggested(others, 'near') : [])])
  }
  else if (known.draft) show(known.draft, () => draft(known.draft, known.number))
  else if (known.unreadable) show(null, () => unknown('unreadable', 'again', known.near, known.several))
  else show(null, () => unknown('unknown', 'compare', known.near, known.several))
}
const askFile = async () => {
  if (!chooser.files.length) return
  strange = false
  const bytes = await read(chooser.files[0]), hash = half(sha256(bytes))
  const delivered = editions.find(one => one.hashes.includes(hash))
  if (delivered) return show(delivered.of, () => told(delivered, 'delivered'))
  const claim = await claimOf(bytes)
  if (claim && claim.publication === data.publication) {
    const of = documents.find(one => one.name === String(claim.brief).toUpperCase())
    if (of && !claim.code) return show(of, () => draft(of, claim.number))
    const one = of && of.editions.find(other => other.number === claim.number && other.code === claim.code)
    if (one) return show(of, () => told(one, 'changed'))
  }
  const typed = !claim && field.value.trim() && found(field.value).edition
  if (typed) return show(typed.of, () => told(typed, 'changed'))
  strange = !claim
  show(null, () => unknown('strange', claim ? 'compare' : 'typed', []))
}
form.addEventListener('submit', event => { event.preventDefault(); ask() })
chooser.addEventListener('change', askFile)
// So that the same file can be chosen again.
chooser.addEventListener('click', () => { chooser.value = '' })
buttons.forEach((button, n) => button.addEventListener('click', () => {
  chosen = true
  spoken = data.spoken[n]
  speak()
}))
const wanted = (navigator.languages || []).map(tag => data.spoken.find(one => one.tag.split('-')[0] === tag.split('-')[0]))
spoken = wanted.find(Boolean) || spoken
document.querySelector('.speak').hidden = buttons.length < 2
form.hidden = false
speak()
const asked = () => {
  if (location.hash.length < 2) return
  ;[field.value] = readCode(location.hash).texts
  ask()
}
addEventListener('hashchange', asked)
asked()
