// The page follows the chat by itself: forms are sent without leaving it, and what changed is fetched anew.
const user = document.body.dataset.user;
const PARTS = ['talk', 'people', 'events', 'bar'];
const talk = () => document.getElementById('talk');
let busy = false;
let again = false;

const toEnd = (behavior = 'auto') => { talk().scrollTo({ top: talk().scrollHeight, behavior }); };
const atEnd = () => talk().scrollHeight - talk().scrollTop - talk().clientHeight < 120;

async function look(follow = false) {
  if (busy) { again = true; return; }
  busy = true;
  const before = talk();
  const near = follow || atEnd();
  const count = before.querySelectorAll('[data-id]').length;
  try {
    const answer = await fetch(location.pathname);
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const id of PARTS) {
      const [mine, theirs] = [document.getElementById(id), fresh.getElementById(id)];
      if (mine && theirs && mine.outerHTML !== theirs.outerHTML) {
        if (id === 'bar') mine.replaceWith(theirs); else mine.innerHTML = theirs.innerHTML;
      }
    }
    const menu = document.querySelector('.phone header .pop form');
    menu.innerHTML = fresh.querySelector('.phone header .pop form').innerHTML;
  } finally {
    busy = false;
  }
  const grown = talk().querySelectorAll('[data-id]').length > count;
  if (near) toEnd();
  if (grown && document.visibilityState === 'visible') send(`/phone/${user}/act`, new URLSearchParams({ what: 'seen' }));
  if (again) { again = false; look(); }
}

const send = (address, body) => fetch(address, { method: 'POST', body, headers: { Accept: 'application/json' } });

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('[data-live]')) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  form.closest('details')?.removeAttribute('open');
  const text = form.querySelector('textarea');
  if (text) { text.value = ''; }
  await send(form.action, body);
  if (form.matches('[data-now]')) form.reset();
  look(true);
});

document.addEventListener('change', (event) => {
  const form = event.target.closest('[data-now]');
  if (form) form.requestSubmit();
});

document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.target.matches('.write textarea')) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
  if (event.key === 'Escape') document.querySelectorAll('details.pop[open]').forEach((one) => one.removeAttribute('open'));
});

document.addEventListener('click', (event) => {
  document.querySelectorAll('details.pop[open]').forEach((one) => { if (!one.contains(event.target)) one.removeAttribute('open'); });
});

// A picture, or the typeface, that arrives late makes the chat longer below the eye.
talk().addEventListener('load', () => { if (atEnd()) toEnd(); }, true);
window.addEventListener('load', () => toEnd('instant'));
new EventSource(`/phone/${user}/changes`).addEventListener('changed', () => look());
toEnd('instant');
send(`/phone/${user}/act`, new URLSearchParams({ what: 'seen' }));
