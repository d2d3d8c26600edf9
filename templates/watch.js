'use strict'
const one = (selector, within = document) => within.querySelector(selector)
const made = (name, className = '', text = '') => {
  const element = document.createElement(name)
  if (className) element.className = className
  element.textContent = text
  return element
}
const {first, edits, said} = JSON.parse(one('#begin').textContent)
const digits = number => String(number).replace(/\d/g, digit => said.digits[digit])
const filled = (words, values) => words.replace(/%\((\w+)\)s|\{(\w+)\}/g, (_, name, other) => digits(values[name || other]))
const pane = one('.pages'), status = one('.status'), problems = one('.problems'), card = one('.card')
const field = one('#find'), chooser = one('.choose'), choices = one('#choices')
const FAULTY = ['faults', 'wrong'], MM = 96 / 25.4, STEPS = [.25, .33, .5, .67, .75, .9, 1, 1.25, 1.5, 2, 3, 4]

// What is looked at: kept in the address, so that a page that is loaded again shows the same.
const NAMES = ['document', 'language', 'paper', 'profile']
const kept = location.hash.slice(1).split('/').map(part => {
  try { return decodeURIComponent(part) } catch { return '' }
})
// As it was asked for, where what is empty stands for the usual; and as it is shown.
let asked = kept.length === NAMES.length ? Object.fromEntries(NAMES.map((name, at) => [name, kept[at]])) : first
let view = asked
let contents = {documents: [], languages: [], papers: [], profiles: []}
let state = null, places = [], events = null, lookedAt = 1

// ---- The pages

const pageOf = element => element.closest('.page')
const shown = () => [...pane.children]

const newPage = () => {
  const page = made('figure', 'page')
  page.append(made('div', 'places'))
  return page
}

// The picture takes the place of the old one when it can be drawn: nothing flickers, nothing moves.
const draw = async (page, {image, width, height}) => {
  Object.assign(page.dataset, {width, height, wanted: image})
  sized(page)
  if (page.dataset.image === image) return
  // One that is not made yet keeps what it showed, if that is of the same document in the same form.
  const shows = JSON.stringify(view), old = one('img', page)
  if (old && page.dataset.shows !== shows) {
    old.remove()
    page.dataset.image = ''
  }
  if (!image) return
  const picture = new Image()
  picture.alt = page.dataset.label
  picture.src = `image/${image}`
  try { await picture.decode() } catch { return }
  if (page.dataset.wanted !== image) return
  const shown = one('img', page)
  shown ? shown.replaceWith(picture) : page.prepend(picture)
  Object.assign(page.dataset, {image, shows})
}

const label = (page, number, count) => {
  page.dataset.label = filled(said.page, {page: number, pages: count})
  page.setAttribute('aria-label', page.dataset.label)
  if (one('img', page)) one('img', page).alt = page.dataset.label
}

const showPages = async pages => {
  while (pane.children.length > pages.length) pane.lastChild.remove()
  while (pane.children.length < pages.length) pane.append(newPage())
  const figures = shown()
  figures.forEach((page, at) => label(page, at + 1, pages.length))
  await Promise.all(figures.map((page, at) => draw(page, pages[at])))
}

// ---- The size

let size = Number(sessionStorage.getItem('size')) || 0 // 0: as wide as the window
const fitting = page => Math.max(100, pane.clientWidth - 24) / (page.dataset.width * MM)
const scale = page => size || Math.min(2, fitting(page))
const sized = page => {
  page.style.width = `${page.dataset.width * scale(page)}mm`
  page.style.aspectRatio = `${page.dataset.width} / ${page.dataset.height}`
  one('.fit').textContent = digits(Math.round(100 * scale(page))) + said.percent
}
// What is in the middle of the window stays there.
const resized = change => {
  const box = pane.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2
  const page = shown().find(one => one.getBoundingClientRect().bottom >= y) || pane.lastChild
  if (!page) return change()
  const before = page.getBoundingClientRect()
  const across = (x - before.left) / before.width, down = (y - before.top) / before.height
  change()
  shown().forEach(sized)
  const after = page.getBoundingClientRect()
  pane.scrollBy(after.left + across * after.width - x, after.top + down * after.height - y)
}
const setSize = wanted => {
  resized(() => { size = wanted })
  sessionStorage.setItem('size', size)
  hideCard()
}
const step = towards => {
  if (!pane.firstChild) return
  const now = scale(pane.firstChild)
  const next = towards > 0 ? STEPS.find(one => one > now + .01) : STEPS.findLast(one => one < now - .01)
  setSize(next || now)
}
one('.smaller').addEventListener('click', () => step(-1))
one('.larger').addEventListener('click', () => step(1))
one('.fit').addEventListener('click', () => setSize(0))
new ResizeObserver(() => size || !pane.clientWidth || resized(() => {})).observe(pane)

// ---- The places: what stands where, and in which line of which file

const named = (words, name) => words.replace('%(name)s', () => name)
const cellOf = (row, column) => {
  let letters = ''
  for (; column > 0; column = Math.floor((column - 1) / 26)) letters = String.fromCharCode(65 + (column - 1) % 26) + letters
  return letters ? named(said.cell_of_sheet, letters + row) : row ? named(said.row_of_sheet, row) : ''
}
const where = ({file, line, column, sheet}) => sheet
  ? [file, named(said.sheet, sheet), cellOf(line, column)].filter(Boolean).join(', ')
  : [file, line, column].filter(Boolean).join(':')
const buttons = new Map()
let active = -1

const showPlaces = found => {
  places = found
  const old = new Map(buttons), counts = {}, layers = shown().map(page => one('.places', page))
  buttons.clear()
  const known = places.map(place => {
    const name = `${place.page} ${place.file} ${place.kind} ${place.name}`
    counts[name] = (counts[name] || 0) + 1
    return `${name} ${counts[name]}`
  })
  // What stands inside another comes after it, and lies over it.
  for (const [at, place] of places.entries()) {
    const layer = layers[place.page - 1]
    if (!layer) continue
    // One that has the focus keeps it: an element that stays is not moved.
    const button = old.get(known[at]) || made('button', 'place')
    old.delete(known[at])
    buttons.set(known[at], button)
    const {width, height} = pageOf(layer).dataset
    button.type = 'button'
    button.tabIndex = -1
    button.dataset.at = at
    button.setAttribute('aria-label', `${said[place.kind] || ''} ${place.name}: ${place.value} ${where(place)}`)
    Object.assign(button.style, {
      left: `${100 * place.x / width}%`, top: `${100 * place.y / height}%`,
      width: `${100 * place.width / width}%`, height: `${100 * place.height / height}%`,
      zIndex: buttons.size,
    })
    if (button.parentNode !== layer) layer.append(button)
  }
  for (const button of old.values()) button.remove()
  for (const layer of layers) (one('.place[data-at]:focus', layer) || ordered(layer)[0] || {}).tabIndex = 0
  if (active >= 0) hideCard()
}
const ordered = layer => [...layer.children].sort((a, b) => a.dataset.at - b.dataset.at)
// Of each printing its first line.
const steps = layer => {
  const met = new Set()
  return ordered(layer).filter(button => !met.has(places[button.dataset.at].print) && met.add(places[button.dataset.at].print))
}
const same = at => [...buttons.values()].filter(button => places[button.dataset.at].same === places[at].same)

const showCard = (button, about = '') => {
  hideCard()
  const at = active = Number(button.dataset.at), place = places[at], others = same(at)
  // All lines of what is printed over several.
  const lines = others.filter(other => places[other.dataset.at].print === place.print && pageOf(other) === pageOf(button))
  others.forEach(other => other.classList.add('same'))
  lines.forEach(line => line.classList.add('active'))
  const pages = [...new Set(others.map(other => places[other.dataset.at].page))].sort((a, b) => a - b)
  const times = new Set(others.map(other => places[other.dataset.at].print)).size
  one('.value', card).textContent = place.value
  one('.about', card).replaceChildren(
    made('b', '', said[place.kind] || ''), ' ', made('bdi', 'name', place.name), ' ',
    made('span', 'sources', place.sources.length ? `\u2068${said.source}: ${place.sources.join(said.comma)}\u2069` : ''))
  one('.printed', card).textContent = times > 1 ? filled(said.printed, {count: times, pages: pages.join(said.comma)}) : ''
  one('.what', card).textContent = about || said.act
  one('code', card).textContent = where(place)
  card.hidden = false
  const boxes = lines.map(line => line.getBoundingClientRect()), within = one('main').getBoundingClientRect()
  const first = Math.min(...boxes.map(box => box.top)), last = Math.max(...boxes.map(box => box.bottom))
  const below = last + card.offsetHeight + 12 < within.bottom
  const top = below ? last + 8 : Math.max(within.top + 4, first - card.offsetHeight - 8)
  const left = Math.min(Math.max(button.getBoundingClientRect().left, within.left + 8), within.right - card.offsetWidth - 8)
  Object.assign(card.style, {top: `${top - within.top}px`, left: `${left - within.left}px`})
}
const hideCard = () => {
  active = -1
  card.hidden = true
  for (const element of pane.querySelectorAll('.same, .active')) element.classList.remove('same', 'active')
}

// ---- To the line

const act = async place => {
  if (!edits) {
    try { await navigator.clipboard.writeText(where(place)) } catch { return said.uncopied }
    return said.copied
  }
  const {file, line, column} = place
  try {
    const answer = await fetch('open', {method: 'POST', body: JSON.stringify({file, line, column})})
    return answer.ok ? said.opened : said.unopened
  } catch { return said.unopened }
}
const actAt = async at => {
  const told = await act(places[at])
  if (active === at) one('.what', card).textContent = told
  announce(told)
}
const placeOf = target => target instanceof Element && target.closest('.place')
pane.addEventListener('pointerover', event => {
  if (event.pointerType === 'touch') return
  const button = placeOf(event.target)
  button ? showCard(button) : document.activeElement?.matches('.place') || hideCard()
})
pane.addEventListener('focusin', event => placeOf(event.target)?.matches(':focus-visible') && showCard(event.target))
pane.addEventListener('focusout', event => placeOf(event.relatedTarget) || event.relatedTarget === one('.act') || hideCard())
pane.addEventListener('pointerleave', event => event.relatedTarget && card.contains(event.relatedTarget) || document.activeElement?.matches('.place:focus-visible') || hideCard())
pane.addEventListener('scroll', () => {
  const focused = active >= 0 && pane.querySelector('.active:focus-visible')
  focused ? showCard(focused) : hideCard()
  followPage()
}, {passive: true})
// A finger cannot point: it opens the card, whose button does the rest.
pane.addEventListener('click', event => {
  const button = placeOf(event.target)
  if (!button) return hideCard()
  showCard(button)
  if (event.pointerType !== 'touch') actAt(active)
})
one('.act').addEventListener('click', () => active >= 0 && actAt(active))
const STEP = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}
pane.addEventListener('keydown', event => {
  const button = placeOf(event.target), turned = event.key === 'ArrowRight' || event.key === 'ArrowLeft'
  if (!button || !STEP[event.key] || event.ctrlKey || event.altKey || event.metaKey) return
  event.preventDefault()
  const row = steps(button.parentNode), rtl = getComputedStyle(pane).direction === 'rtl'
  const at = row.findIndex(other => places[other.dataset.at].print === places[button.dataset.at].print)
  const next = row[at + STEP[event.key] * (turned && rtl ? -1 : 1)]
  if (!next) return
  button.tabIndex = -1
  next.tabIndex = 0
  next.scrollIntoView({block: 'nearest', inline: 'nearest'})
  next.focus({preventScroll: true})
  showCard(next)
})

// ---- What changed lights up

const light = changed => {
  const found = new Set(changed)
  for (const button of buttons.values()) {
    if (!found.has(Number(button.dataset.at))) continue
    button.classList.remove('changed')
    void button.offsetWidth // so that it begins anew
    button.classList.add('changed')
    setTimeout(() => button.classList.remove('changed'), 2500)
  }
}

// ---- The problems

const shownProblem = problem => {
  const item = made('li', problem.severity), place = where(problem)
  if (place && !problem.opens) item.append(Object.assign(made('span', 'where', place), {dir: 'ltr'}), ' ')
  if (place && problem.opens) {
    const button = made('button', 'where', place)
    button.type = 'button'
    button.dir = 'ltr'
    button.title = said.act
    button.addEventListener('click', async () => announce(await act(problem)))
    item.append(button, ' ')
  }
  const severity = problem.severity === 'error' ? '' : `${said[problem.severity]}: `
  item.append(made('span', 'message', severity + problem.message))
  if (problem.source) item.append(Object.assign(made('pre', '', problem.source), {dir: 'auto'}))
  if (problem.hint) item.append(made('p', 'hint', `${said.hint}: ${problem.hint}`))
  return item
}
const showProblems = (found, faulty) => {
  const told = JSON.stringify(found)
  problems.hidden = !found.length
  if (problems.dataset.told !== told) {
    problems.dataset.told = told
    one('summary', problems).textContent = found.length === 1 ? said.problem : filled(said.problems, {count: found.length})
    one('ul', problems).replaceChildren(...found.map(shownProblem))
    problems.open = faulty
  }
  problems.classList.toggle('faulty', faulty)
}

// ---- The state

let lasting = '', passing = 0
const announce = text => {
  clearTimeout(passing)
  status.textContent = text
  passing = setTimeout(() => { status.textContent = lasting }, 3000)
}
const showStatus = (name, note = '', words = name) => {
  document.body.dataset.status = name
  if (name === 'making' && lasting) return // it takes a moment, and would be read aloud each time
  lasting = [said[words], note].filter(Boolean).join(' \u2013 ')
  clearTimeout(passing)
  if (status.textContent !== lasting) status.textContent = lasting
}
let newest = 0, placed = ''
const show = async next => {
  const turn = ++newest, was = state
  state = next
  const {document, language, paper, profile} = next.view
  view = {document, language, paper, profile}
  history.replaceState(null, '', `#${NAMES.map(name => encodeURIComponent(view[name])).join('/')}`)
  const unmade = next.status === 'faults' && !next.pages.length
  if (next.status !== 'current') showStatus(next.status, next.note, unmade ? 'unmade' : next.status)
  showProblems(next.problems, FAULTY.includes(next.status))
  pane.dir = contents.languages.find(one => one.tag === language)?.direction || ''
  if (was && was.view.document !== document) pane.scrollTo(0, 0)
  const fetched = next.places ? fetch(`places/${next.places}`).then(answer => answer.ok ? answer.json() : [], () => []) : []
  // Of what is not made yet, the pages that were shown last stay.
  pane.classList.toggle('old', !next.pages.length)
  if (next.pages.length) await showPages(next.pages)
  if (turn === newest && next.status === 'current') showStatus(next.status, next.note)
  const found = await fetched
  if (turn !== newest) return
  showPlaces(found)
  const before = placed
  placed = JSON.stringify(view) + next.places
  if (before !== placed && before.startsWith(JSON.stringify(view))) light(next.changed)
  markChosen()
  if (next.status !== 'making') loadContents()
}

// The browser connects again by itself, but not where the server said that there is nothing: it is another one,
// whose address has another token.
// Requests may overtake each other: by the number of its choices the server knows which is the newest of a tab.
let again = 0, choice = 0
const tab = Math.random()
const connect = () => {
  clearTimeout(again)
  events?.close()
  events = new EventSource(`events?${new URLSearchParams({...asked, page: lookedAt, tab, choice: ++choice})}`)
  events.onmessage = event => show(JSON.parse(event.data))
  events.onerror = () => {
    const closed = events.readyState === EventSource.CLOSED
    showStatus('lost', closed ? said.elsewhere : said.gone)
    if (closed) again = setTimeout(connect, 2000)
  }
}
const look = change => {
  asked = view = {...view, ...change}
  hideCard()
  connect()
  markChosen()
}
let waiting = 0
const followPage = () => {
  clearTimeout(waiting)
  waiting = setTimeout(() => {
    const middle = innerHeight / 2, at = shown().findIndex(page => page.getBoundingClientRect().bottom >= middle)
    if (at >= 0 && at + 1 !== lookedAt) {
      lookedAt = at + 1
      connect()
    }
  }, 400)
}

// ---- The documents and their forms

// Letters and digits alone: Arabic forms as Persian ones, without marks, joiners and case.
const words = text => text.normalize('NFKD').toLowerCase()
  .replace(/[\p{M}\u0640\u200b-\u200d]/gu, '')
  .replace(/[\u064a\u0649]/g, '\u06cc').replace(/\u0643/g, '\u06a9').replace(/[\u06d5\u06c1\u06be\u0629]/g, '\u0647')
  .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, digit => digit.charCodeAt(0) & 15)
  .split(/[^\p{L}\p{N}]+/u).filter(Boolean)
let entries = []
const filter = () => {
  const wanted = words(field.value)
  let count = 0
  for (const [item, text] of entries) {
    item.hidden = !wanted.every(word => text.includes(word))
    count += !item.hidden
  }
  one('.found').textContent = !wanted.length ? '' : count === 1 ? said.found : filled(said.several, {count})
}
// Documents alone in their brief first, the rows of a table by the alphabet.
const inOrder = documents => {
  const counts = {}, titles = new Intl.Collator(view.language || undefined)
  for (const {brief} of documents) counts[brief] = (counts[brief] || 0) + 1
  const alone = documents.filter(({brief}) => counts[brief] === 1), rows = documents.filter(({brief}) => counts[brief] > 1)
  return [...alone, ...rows.sort((a, b) => titles.compare(titleIn(a, view.language), titleIn(b, view.language)))]
}
const titleIn = (entry, tag) => entry.titles[tag] || Object.values(entry.titles)[0] || entry.name
const showDocuments = () => {
  entries = inOrder(contents.documents).map(entry => {
    const item = made('li'), button = made('button', 'document')
    button.type = 'button'
    button.dataset.name = entry.name
    button.append(made('span', 'title', titleIn(entry, view.language)), ' ', made('span', 'code', entry.name))
    button.firstChild.dir = 'auto'
    button.lastChild.dir = 'ltr'
    item.append(button)
    // Any part of a name, with the spaces and without them.
    const parts = [entry.name, ...Object.values(entry.titles)].map(words)
    return [item, parts.map(part => `${part.join(' ')} ${part.join('')}`).join(' ')]
  })
  one('.documents').replaceChildren(...entries.map(([item]) => item))
  filter()
}
const showForms = (selector, name, options) => {
  const group = one(selector), focused = group.contains(document.activeElement)
  group.hidden = options.length < 2
  group.replaceChildren(group.firstElementChild, ...options.map(({value, text, lang, dir}) => {
    const option = made('label'), input = made('input'), shownAs = made('span', '', text)
    Object.assign(input, {type: 'radio', name, value})
    if (lang) Object.assign(shownAs, {lang, dir})
    option.append(input, shownAs)
    return option
  }))
  if (focused) one('input:checked', group)?.focus()
}
const markChosen = () => {
  for (const button of document.querySelectorAll('.document'))
    button.dataset.name === view.document ? button.setAttribute('aria-current', 'page') : button.removeAttribute('aria-current')
  for (const input of choices.querySelectorAll('input[type=radio]')) input.checked = view[input.name] === input.value
  const entry = contents.documents.find(one => one.name === view.document)
  const title = entry ? titleIn(entry, view.language) : view.document || 'tipbrief watch'
  one('h1').textContent = title
  document.title = `${title} · tipbrief watch`
}
let read = ''
const loadContents = async () => {
  let text
  try { text = await (await fetch('contents')).text() } catch { return }
  const told = text + view.language
  if (told !== read) {
    read = told
    contents = JSON.parse(text)
    showDocuments()
    const plain = names => names.map(value => ({value, text: value}))
    showForms('.languages', 'language', contents.languages.map(({tag, name, direction}) => ({value: tag, text: name, lang: tag, dir: direction})))
    showForms('.papers', 'paper', plain(contents.papers))
    showForms('.profiles', 'profile', plain(contents.profiles))
    pane.dir = contents.languages.find(one => one.tag === view.language)?.direction || ''
  }
  markChosen()
}
const unfold = open => {
  choices.classList.toggle('open', open)
  chooser.setAttribute('aria-expanded', open)
}
chooser.addEventListener('click', () => {
  unfold(!choices.classList.contains('open'))
  if (choices.classList.contains('open')) field.focus()
})
one('.documents').addEventListener('click', event => {
  const button = event.target.closest('.document')
  if (!button) return
  unfold(false)
  lookedAt = 1
  look({document: button.dataset.name})
})
choices.addEventListener('change', event => event.target.type === 'radio' && look({[event.target.name]: event.target.value}))
one('form').addEventListener('submit', event => {
  event.preventDefault()
  entries.find(([item]) => !item.hidden)?.[0].firstChild.click()
})
field.addEventListener('input', filter)
document.addEventListener('keydown', event => {
  if (event.key === 'Escape') {
    hideCard()
    unfold(false)
  }
  if (event.ctrlKey || event.altKey || event.metaKey || event.target === field) return
  if (event.key === '+' || event.key === '=') step(1)
  if (event.key === '-') step(-1)
  if (event.key === '0') setSize(0)
})

loadContents()
connect()
