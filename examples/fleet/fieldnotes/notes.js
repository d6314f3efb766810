// Loads notes.json and lists the notes, newest first, filtered by the text typed above.
const list = document.querySelector('#notes');
const filter = document.querySelector('#filter');
const notes = await (await fetch('notes.json')).json();

function show() {
  const wanted = filter.value.toLowerCase();
  const items = notes
    .filter(note => `${note.bird} ${note.text}`.toLowerCase().includes(wanted))
    .sort((a, b) => b.day.localeCompare(a.day))
    .map(note => `<li><time>${note.day}</time> <b>${note.bird}</b> ${note.text}</li>`);
  list.innerHTML = items.join('');
}

filter.addEventListener('input', show);
show();
