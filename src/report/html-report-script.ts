/** Runs in the report: shows the filters, hides what does not pass them, opens the change that an address names. */
export const filterScript = `'use strict';
const bar = document.querySelector('.filters');
const rows = [...document.querySelectorAll('tbody tr[data-kind]')];
const changes = [...document.querySelectorAll('details[data-kind]')];
const search = bar.querySelector('input');
let kind = '';
let waiting = 0;
const texts = new Map();
const textOf = element => {
  if (!texts.has(element)) texts.set(element, (element.matches('details') ? element.firstChild : element).textContent.toLowerCase());
  return texts.get(element);
};
const apply = () => {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const element of [...rows, ...changes]) {
    const passes = (kind === '' || element.dataset.kind === kind) && words.every(word => textOf(element).includes(word));
    element.hidden = !passes;
    if (passes) shown++;
  }
  document.getElementById('none').hidden = shown > 0;
};
bar.hidden = false;
bar.addEventListener('click', event => {
  const button = event.target.closest('button');
  if (button === null) return;
  kind = button.dataset.filter;
  for (const each of bar.querySelectorAll('button')) each.setAttribute('aria-pressed', String(each === button));
  apply();
});
search.addEventListener('input', () => {
  clearTimeout(waiting);
  waiting = setTimeout(apply, 120);
});
const openNamed = () => {
  const named = location.hash === '' ? null : document.getElementById(location.hash.slice(1));
  if (named instanceof HTMLDetailsElement) {
    named.open = true;
    named.scrollIntoView();
  }
};
addEventListener('hashchange', openNamed);
openNamed();
`;
