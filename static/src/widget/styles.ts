// The panel's look. Colours come from the channel through custom properties, and are made readable first.

export const CSS = `
.panel { --ground: #ffffff; --soft: #f1f4f7; --line: #dde3e9; --text: #17202a; --quiet: #55616e; --danger: #b42318; --accent: var(--accent-light);
  position: fixed; bottom: calc(88px + env(safe-area-inset-bottom)); width: 384px; height: min(640px, calc(100dvh - 112px)); display: flex;
  flex-direction: column; overflow: hidden; border: 1px solid var(--line); border-radius: 16px; background: var(--ground); color: var(--text);
  box-shadow: 0 12px 40px rgb(0 0 0 / .2); color-scheme: light; animation: rise .16s ease-out; text-align: start; }
:host([data-side="right"]) .panel { right: calc(20px + env(safe-area-inset-right)); }
:host([data-side="left"]) .panel { left: calc(20px + env(safe-area-inset-left)); }
@keyframes rise { from { opacity: 0; transform: translateY(8px); } }
button, textarea, input { font: inherit; color: inherit; margin: 0; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
a { color: var(--accent); }
.head { display: flex; align-items: center; gap: 12px; padding: 14px 12px 14px 20px; background: var(--brand); color: var(--ink); flex: none; }
.head-words { flex: 1; min-width: 0; }
.title { margin: 0; font-size: 16px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.greeting { margin: 2px 0 0; font-size: 13px; }
.round { flex: none; width: 40px; height: 40px; padding: 0; border: 0; border-radius: 50%; background: none; display: grid; place-items: center; }
.round svg { width: 20px; height: 20px; }
.head .round:focus-visible { outline-color: var(--ink); outline-offset: -2px; }
.log { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 16px; display: flex; flex-direction: column; gap: 4px; }
.log:focus-visible { outline-offset: -3px; }
.log > :first-child { margin-top: auto; }
.note { align-self: center; max-width: 260px; margin: auto; padding: 24px 0; text-align: center; color: var(--quiet); }
.note p { margin: 0 0 12px; }
.day { align-self: center; margin: 12px 0 8px; font-size: 12px; color: var(--quiet); }
.message { max-width: 84%; display: flex; flex-direction: column; gap: 4px; align-items: flex-start; align-self: flex-start; }
.message.own { align-self: flex-end; align-items: flex-end; }
.author { margin: 8px 0 0 4px; font-size: 12px; color: var(--quiet); display: flex; gap: 6px; align-items: center; }
.mark { padding: 0 6px; border: 1px solid var(--line); border-radius: 8px; font-size: 11px; }
.words { padding: 8px 12px; border-radius: 14px; background: var(--soft); white-space: pre-wrap; overflow-wrap: anywhere; }
.gone { padding: 8px 12px; border: 1px dashed var(--line); border-radius: 14px; color: var(--quiet); font-size: 13px; }
.own .words { background: var(--brand); color: var(--ink); }
.own .words a { color: inherit; }
.words code { font: 13px ui-monospace, monospace; background: rgb(128 128 128 / .18); border-radius: 4px; padding: 0 3px; }
.foot { display: flex; align-items: center; gap: 4px; font-size: 11px; color: var(--quiet); padding: 0 4px; }
.foot svg { width: 13px; height: 13px; }
.failed { color: var(--danger); flex-wrap: wrap; justify-content: flex-end; font-size: 12px; }
.link { border: 0; background: none; padding: 4px; text-decoration: underline; color: inherit; }
.picture { display: grid; place-items: center; padding: 0; border: 0; background: var(--soft); border-radius: 12px; overflow: hidden; min-width: 80px; min-height: 60px; }
.picture img { display: block; max-width: 100%; max-height: 260px; }
video, audio { max-width: 100%; border-radius: 12px; }
.file { display: flex; gap: 8px; align-items: center; padding: 8px 12px; border: 1px solid var(--line); border-radius: 12px; color: inherit; text-decoration: none; overflow-wrap: anywhere; }
.file svg { width: 20px; height: 20px; flex: none; }
.file small { color: var(--quiet); display: block; }
progress { width: 100%; height: 4px; accent-color: var(--accent); }
.buttons { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 2px; }
.choice { padding: 7px 14px; border: 1px solid var(--accent); border-radius: 18px; background: var(--ground); color: var(--accent); text-decoration: none; text-align: start; min-height: 36px; }
.choice:hover { background: var(--soft); }
.ask { display: flex; gap: 6px; flex-wrap: wrap; width: 100%; }
.ask label { width: 100%; font-size: 13px; color: var(--quiet); }
.ask input { flex: 1 1 190px; min-width: 0; padding: 7px 12px; border: 1px solid var(--quiet); border-radius: 10px; background: var(--ground); }
.cards { display: flex; gap: 8px; overflow-x: auto; max-width: 100%; scroll-snap-type: x proximity; padding-bottom: 4px; }
.card { flex: 0 0 220px; scroll-snap-align: start; border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
.card img { display: block; width: 100%; height: 130px; object-fit: cover; }
.card div { padding: 10px 12px; }
.card p { margin: 0 0 6px; }
.strip { flex: none; padding: 8px 16px; font-size: 13px; background: var(--soft); border-top: 1px solid var(--line); }
.strip.problem { color: var(--danger); display: flex; gap: 8px; align-items: center; justify-content: space-between; }
.composer { flex: none; display: flex; align-items: flex-end; gap: 2px; padding: 8px; border-top: 1px solid var(--line); padding-bottom: calc(8px + var(--safe, 0px)); }
.composer textarea { flex: 1; min-width: 0; max-height: 132px; padding: 9px 8px; border: 0; background: none; resize: none; line-height: 22px; font-size: 15px; }
.composer textarea::placeholder { color: var(--quiet); opacity: 1; }
.composer textarea:focus-visible { outline: none; }
.composer:focus-within { box-shadow: inset 0 2px 0 var(--accent); }
.composer .round { color: var(--quiet); }
.composer .send { background: var(--brand); color: var(--ink); }
.composer .send:disabled { background: var(--soft); color: var(--quiet); cursor: default; }
.drop { position: absolute; inset: 8px; display: grid; place-items: center; border: 2px dashed var(--accent); border-radius: 12px; background: var(--ground); color: var(--accent); font-weight: 600; opacity: .95; }
.quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 480px) {
  .panel { inset: 0 !important; top: var(--top, 0px) !important; width: 100%; height: var(--height, 100dvh); border: 0; border-radius: 0; --safe: env(safe-area-inset-bottom); }
  .head { padding-top: calc(14px + env(safe-area-inset-top)); padding-inline-start: calc(20px + env(safe-area-inset-left)); }
  .composer textarea, .ask input { font-size: 16px; }
  .round { width: 44px; height: 44px; }
  .bubble[aria-expanded="true"] { display: none; }
}
@media (prefers-color-scheme: dark) {
  .panel { --ground: #171c22; --soft: #242b33; --line: #363f49; --text: #edf1f5; --quiet: #a3afbb; --danger: #ff9c92; --accent: var(--accent-dark); color-scheme: dark; }
}
@media (prefers-reduced-motion: reduce) { .panel { animation: none; } }
`;
