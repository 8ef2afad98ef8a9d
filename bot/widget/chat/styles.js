// The widget's look. Hosts theme it through the custom properties named --isee-*.
export const STYLES = `
:host {
  --accent: var(--isee-accent, #9f1d20); --on-accent: var(--isee-on-accent, #fff);
  --ground: var(--isee-ground, #f6f4f1); --surface: var(--isee-surface, #fff); --ink: var(--isee-ink, #1d1b19);
  --soft: #5a544d; --line: #d9d3cb; --mine: #f3e4e0; --warn: #7a4a00; --focus: #1257a8;
  --size: 17px; color-scheme: light dark;
  font: 400 var(--size)/1.5 var(--isee-font, "Be Vietnam Pro", system-ui, "Noto Sans", "Segoe UI", Roboto, sans-serif);
  color: var(--ink);
}
:host([big-text]) { --size: 22px; }
@media (prefers-color-scheme: dark) {
  :host { --accent: var(--isee-accent-dark, #f0a39b); --on-accent: #2a0f0e; --ground: #171513; --surface: #221f1c; --ink: #f1ece6;
    --soft: #b8afa5; --line: #46403a; --mine: #3a2724; --warn: #f2c46d; --focus: #8fc0ff; }
}
*, ::before, ::after { box-sizing: border-box; }
h2, p, dl, dd, ul, fieldset { margin: 0; padding: 0; border: 0; }
[hidden] { display: none !important; }
button, a.button, textarea, input { font: inherit; color: inherit; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
textarea:focus-visible { outline-width: 2px; outline-offset: 0; border-color: var(--focus); }
.launcher { position: fixed; right: 1rem; bottom: 1rem; min-height: 56px; padding: 0 1.2rem; border: 0; border-radius: 28px; display: flex; gap: .6rem;
  align-items: center; background: var(--accent); color: var(--on-accent); font-weight: 600; cursor: pointer; z-index: 2147483000; }
.panel { display: flex; flex-direction: column; background: var(--ground); overflow: hidden; height: 100%; }
:host(:not([inline])) .panel { position: fixed; right: 1rem; bottom: 1rem; width: min(26rem, calc(100vw - 2rem)); height: min(44rem, calc(100dvh - 2rem));
  border: 1px solid var(--line); border-radius: 14px; z-index: 2147483000; }
@media (max-width: 30rem) { :host(:not([inline])) .panel { inset: 0; width: auto; height: 100dvh; border: 0; border-radius: 0; } }
svg { width: 1.35em; height: 1.35em; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; flex: none; }
header { display: flex; align-items: center; gap: .25rem; padding: .5rem .5rem .5rem 1rem; background: var(--surface); border-bottom: 1px solid var(--line); }
header > div:first-child { flex: 1; min-width: 0; }
header strong { display: block; color: var(--accent); font-weight: 600; }
header small { display: block; color: var(--soft); font-size: .78em; line-height: 1.3; }
.tool { min-width: 44px; min-height: 44px; border: 0; background: none; border-radius: 8px; cursor: pointer; display: grid; place-items: center; color: var(--soft); }
.tool:hover { background: var(--ground); color: var(--ink); }
.menu { position: relative; }
.menu > div { position: absolute; right: 0; top: 100%; z-index: 2; min-width: 15rem; background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: .3rem; }
.menu > div button { display: block; width: 100%; min-height: 44px; padding: .4rem .8rem; text-align: left; border: 0; background: none; border-radius: 7px; cursor: pointer; }
.menu > div button:hover { background: var(--ground); }
.notices { background: var(--surface); border-bottom: 1px solid var(--line); max-height: 35%; overflow-y: auto; flex: none; }
.notices p { display: flex; align-items: flex-start; padding: .3rem .5rem .3rem 1rem; font-size: .88em; border-left: 4px solid var(--warn); }
.notices p + p { border-top: 1px solid var(--line); }
.notices .emergency { border-left-color: var(--accent); }
.notices span { flex: 1; min-width: 0; padding: .45rem 0; overflow-wrap: anywhere; }
.state { padding: .5rem 1rem; background: var(--surface); border-bottom: 1px solid var(--line); color: var(--warn); font-size: .85em; }
.log { flex: 1; position: relative; overflow-y: auto; overscroll-behavior: contain; padding: 1rem; display: flex; flex-direction: column; gap: .8rem; }
.log > :first-child { margin-top: auto; }
.message { max-width: min(100%, 40rem); display: flex; flex-direction: column; gap: .5rem; align-items: flex-start; }
.message.citizen { align-self: flex-end; max-width: 85%; align-items: flex-end; }
.bubble { padding: .65rem .9rem; border-radius: 4px 14px 14px 14px; background: var(--surface); border: 1px solid var(--line); overflow-wrap: anywhere; max-width: 100%; }
.citizen .bubble { background: var(--mine); border-color: transparent; border-radius: 14px 4px 14px 14px; }
.agent .bubble { border-left: 4px solid var(--accent); }
.system .bubble { background: none; border-style: dashed; color: var(--soft); }
.bubble > p + p, .bubble > p + ul, .bubble > ul + p { margin-top: .55em; }
.bubble > p { white-space: pre-line; }
.bubble ul { padding-left: 1.15em; } .bubble ul li + li { margin-top: .2em; }
.who { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.pending .bubble { opacity: .65; }
.note { font-size: .82em; color: var(--warn); display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; justify-content: flex-end; }
.choices { display: flex; flex-wrap: wrap; gap: .5rem; max-width: 40rem; }
.choices button, .choices a, .note button { min-height: 44px; padding: .45rem .95rem; border-radius: 22px; border: 1.5px solid var(--accent); background: var(--surface);
  color: var(--accent); font-weight: 600; font-size: .93em; line-height: 1.3; cursor: pointer; text-decoration: none; display: inline-flex; align-items: center; text-align: left; }
.choices button:hover, .choices a:hover { background: var(--accent); color: var(--on-accent); }
.choices.used button { border-color: var(--line); color: var(--soft); font-weight: 400; }
.choices.used button.chosen { border-color: var(--accent); color: var(--accent); font-weight: 600; }
.card { margin-top: .8rem; padding-top: .7rem; border-top: 1px solid var(--line); }
.card h2 { font-size: 1em; font-weight: 600; line-height: 1.35; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.6rem, 1fr)); gap: .5rem; margin-top: .6rem; }
.facts .wide { grid-column: 1 / -1; }
.facts div { background: var(--ground); border-radius: 8px; padding: .45rem .65rem; }
.facts dt { font-size: .8em; color: var(--soft); } .facts dd { font-weight: 600; font-size: .94em; line-height: 1.35; }
.checklist { margin-top: .6rem; } .checklist summary { min-height: 44px; display: flex; align-items: center; cursor: pointer; font-weight: 600; color: var(--accent); }
.checklist summary::before { content: "▸"; margin-right: .5em; } .checklist[open] summary::before { content: "▾"; }
.checklist legend { font-weight: 600; padding: .5rem 0 .1rem; font-size: .94em; }
.checklist label { display: flex; gap: .65rem; padding: .5rem 0; min-height: 44px; border-bottom: 1px solid var(--line); cursor: pointer; }
.checklist input { width: 22px; height: 22px; flex: none; margin: .1rem 0 0; accent-color: var(--accent); }
.checklist b { font-weight: 400; } .checklist small { color: var(--soft); display: block; font-size: .84em; }
.checklist input:checked + span b { text-decoration: line-through; color: var(--soft); }
.quiet { margin-top: .6rem; min-height: 44px; border: 1px solid var(--line); border-radius: 8px; background: none; padding: .3rem .8rem; cursor: pointer; display: inline-flex; gap: .5rem; align-items: center; font-size: .92em; }
.origin { margin-top: .6rem; font-size: .8em; color: var(--soft); } .origin a { color: inherit; }
.dossier .code { white-space: nowrap; font-size: 1.25em; font-weight: 600; letter-spacing: .02em; color: var(--accent); }
.step { display: grid; grid-template-columns: 1fr auto; gap: .1rem .8rem; font-size: .84em; color: var(--soft); margin-bottom: .5rem; min-width: 14rem; }
.step progress { grid-column: 1 / -1; width: 100%; height: 6px; accent-color: var(--accent); }
.typing { color: var(--soft); font-size: .88em; padding: 0 1rem .5rem; display: flex; gap: .5rem; align-items: center; }
.typing::before { content: ""; width: .6em; height: .6em; border-radius: 50%; background: var(--accent); animation: pulse 1.1s ease-in-out infinite; }
@keyframes pulse { 50% { opacity: .25; } }
@media (prefers-reduced-motion: reduce) { .typing::before { animation: none; } }
form { display: flex; align-items: flex-end; gap: .4rem; padding: .6rem; background: var(--surface); border-top: 1px solid var(--line); }
textarea { flex: 1; min-width: 0; min-height: 48px; max-height: 9rem; resize: none; padding: .6rem .8rem; border: 1.5px solid var(--soft); border-radius: 12px; background: var(--ground); line-height: 1.4; }
.go { min-width: 48px; min-height: 48px; border: 0; border-radius: 12px; background: var(--accent); color: var(--on-accent); cursor: pointer; display: grid; place-items: center; }
@media (forced-colors: active) { .bubble, .go, .launcher, .choices button { border: 1px solid CanvasText; } }
`;
