'use strict'
const search = document.querySelector('.search'), field = search.querySelector('input')
const found = search.querySelector('.found'), none = search.querySelector('.none')
const asked = none.querySelector('b')
// Letters and digits alone: Arabic forms as Persian ones, without marks, joiners and case.
const words = text => text.normalize('NFKD').toLowerCase()
  .replace(/[\p{M}\u0640\u200b-\u200d]/gu, '')
  .replace(/[\u064a\u0649]/g, '\u06cc').replace(/\u0643/g, '\u06a9').replace(/[\u06d5\u06c1\u06be\u0629]/g, '\u0647')
  .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, digit => digit.charCodeAt(0) & 15)
  .split(/[^\p{L}\p{N}]+/u).filter(Boolean)
// A word is found by how it begins, with or without the space or joiner before the next one.
const starts = text => {
  const parts = words(text.replace(/\u200c/g, ' '))
  return parts.map((_, at) => parts.slice(at).join(''))
}
const entries = [...document.querySelectorAll('.entry')].map(element =>
  [element, [...element.querySelectorAll('.find')].flatMap(part => starts(part.textContent))])
const digits = number => String(number).replace(/\d/g, digit => found.dataset.digits[digit])
const counted = hits => hits === 1 ? found.dataset.one : found.dataset.many.replace('{count}', digits(hits))
const filter = () => {
  const wanted = words(field.value)
  let hits = 0
  for (const [element, known] of entries) {
    element.hidden = !wanted.every(word => known.some(start => start.startsWith(word)))
    hits += !element.hidden
  }
  for (const group of document.querySelectorAll('.group'))
    group.hidden = !group.querySelector('.entry:not([hidden])')
  for (const part of document.querySelectorAll('.browse')) part.hidden = wanted.length > 0
  found.textContent = wanted.length && hits ? counted(hits) : ''
  asked.textContent = field.value.trim()
  none.hidden = hits > 0
}
const clear = () => {
  field.value = ''
  filter()
  field.focus()
}
field.addEventListener('input', filter)
field.addEventListener('keydown', event => event.key === 'Escape' && clear())
none.querySelector('button').addEventListener('click', clear)
search.hidden = false
filter()
// Prints of before there was a site lead to it with their code behind a #.
const code = /^#[\w.-]+-\d+-[0-9a-f]{4,}$/i.exec(location.hash)
if (code && document.querySelector('.pages')) location.replace(`c/${code[0].slice(1)}.html`)
